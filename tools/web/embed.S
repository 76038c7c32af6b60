/*
 * As texts of the program, each with a NUL behind it:
 * const char web_page[], diff_page[], flamegraph_css[], flamegraph_js[].
 */
	.section .rodata
	.global web_page, diff_page, flamegraph_css, flamegraph_js
	.hidden web_page, diff_page, flamegraph_css, flamegraph_js
web_page:
	.incbin "web_page.html"
	.byte 0
diff_page:
	.incbin "diff_page.html"
	.byte 0
flamegraph_css:
	.incbin "flamegraph.css"
	.byte 0
flamegraph_js:
	.incbin "flamegraph.js"
	.byte 0
	.section .note.GNU-stack, "", %progbits
