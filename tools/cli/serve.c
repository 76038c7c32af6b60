#include "tools/cli/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/message.h"

#define REQUEST_BYTES_MAX 8192
#define CLIENT_COUNT_MAX  32
/* A browser opens connections ahead and may never use them. */
#define CLIENT_SECONDS 30

static volatile sig_atomic_t is_ended;

static void end(int signal_number)
{
	(void)signal_number;
	is_ended = 1;
}

int serve_listen(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, CLIENT_COUNT_MAX) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
		message_error("", "port %d: %s", *port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

static bool send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

static void answer(int fd, const char *status, const char *more,
	const struct serve_page *page, bool has_body)
{
	char head[512];
	int size = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: "
		"%zu\r\n"
		"Connection: close\r\nCache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\n%s\r\n",
		status, page ? "text/html" : "text/plain", page ? page->size : 0, more);

	if (send_all(fd, head, (size_t)size) && page && has_body)
		send_all(fd, page->data, page->size);
	shutdown(fd, SHUT_WR);
}

/*
 * A page elsewhere whose name was made to mean 127.0.0.1 must not read this one:
 * it would ask by its own name.
 */
static bool is_for_us(const char *request)
{
	const char *host = strcasestr(request, "\r\nhost:");
	size_t size;

	if (!host)
		return false;
	host += strlen("\r\nhost:");
	host += strspn(host, " \t");
	size = strcspn(host, ":\r\n");
	return (size == 9 &&
		(!strncmp(host, "127.0.0.1", 9) || !strncasecmp(host, "localhost", 9)));
}

static void serve_client(int fd, const struct serve_page *page)
{
	char request[REQUEST_BYTES_MAX + 1];
	size_t have = 0, target;
	bool is_get, is_head;

	request[0] = '\0';
	while (!strstr(request, "\r\n\r\n")) {
		ssize_t got = have < REQUEST_BYTES_MAX
			? recv(fd, request + have, REQUEST_BYTES_MAX - have, 0)
			: 0;

		if (have == REQUEST_BYTES_MAX)
			answer(fd, "431 Request Header Fields Too Large", "", NULL,
				false);
		if (got <= 0)
			return;
		have += (size_t)got;
		request[have] = '\0';
	}
	is_get = !strncmp(request, "GET ", 4);
	is_head = !strncmp(request, "HEAD ", 5);
	target = is_get ? 4 : 5;
	if (!is_get && !is_head)
		answer(fd, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", NULL, false);
	else if (!is_for_us(request))
		answer(fd, "421 Misdirected Request", "", NULL, false);
	else if (strncmp(request + target, "/ ", 2) != 0 &&
		strncmp(request + target, "/?", 2) != 0)
		answer(fd, "404 Not Found", "", NULL, false);
	else
		answer(fd, "200 OK", "", page, is_get);
	/* What is still coming would make the kernel throw away our answer. */
	while (recv(fd, request, REQUEST_BYTES_MAX, 0) > 0)
		;
}

/* A process for each client, so that none waits for another. */
void serve_run(int listening, const struct serve_page *page)
{
	struct sigaction action = {.sa_handler = end};
	struct pollfd ready = {.fd = listening, .events = POLLIN};
	unsigned clients = 0;
	sigset_t signals, before;

	/* They come only inside ppoll(), so none is missed on the way there. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	fflush(NULL);
	while (!is_ended) {
		int fd = ppoll(&ready, 1, NULL, &before) < 0
			? -1
			: accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		pid_t pid = fd < 0 ? -1 : fork();

		if (pid == 0) {
			signal(SIGINT, SIG_DFL);
			signal(SIGTERM, SIG_DFL);
			sigprocmask(SIG_SETMASK, &before, NULL);
			alarm(CLIENT_SECONDS);
			close(listening);
			serve_client(fd, page);
			_exit(0);
		}
		if (fd >= 0)
			close(fd);
		clients += pid > 0;
		while (clients > 0 &&
			waitpid(-1, NULL, clients < CLIENT_COUNT_MAX ? WNOHANG : 0) > 0)
			clients--;
	}
	close(listening);
}
