/*
 * As bytes of the program, each with a NUL behind it:
 * const char web_page[], web_page_end[], diff_page[], diff_page_end[],
 * flamegraph_css[], flamegraph_js[].
 */
	.section .rodata
	.global diff_page, diff_page_end
	.global web_page, web_page_end, flamegraph_css, flamegraph_js
	.hidden diff_page, diff_page_end
	.hidden web_page, web_page_end, flamegraph_css, flamegraph_js
web_page:
	.incbin "web_page.html"
web_page_end:
	.byte 0
diff_page:
	.incbin "diff_page.html"
diff_page_end:
	.byte 0
flamegraph_css:
	.incbin "flamegraph.css"
	.byte 0
flamegraph_js:
	.incbin "flamegraph.js"
	.byte 0
	.section .note.GNU-stack, "", %progbits
