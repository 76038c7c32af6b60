/* The page as bytes of the program: const char web_page[], web_page_end[]. */
	.section .rodata
	.global web_page, web_page_end
	.hidden web_page, web_page_end
web_page:
	.incbin "web_page.html"
web_page_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
