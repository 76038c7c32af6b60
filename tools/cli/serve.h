/*
 * A web server for one page, on this machine only: for browsers that may not
 * read a file (in a container, a remote editor), or at the end of an SSH tunnel.
 */
#ifndef TOOLS_CLI_SERVE_H
#define TOOLS_CLI_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct serve_page {
	const char *data;
	size_t size;
};

/*
 * Binds to 127.0.0.1; port 0 is any that is free. Returns the listening socket,
 * and the port in *port; -1 after a message.
 */
int serve_listen(uint16_t *port);

/*
 * Answers GET / until Ctrl-C (or SIGTERM), which is the way to end it and no
 * failure. Everyone on this machine may ask.
 */
void serve_run(int listening, const struct serve_page *page);

#endif
