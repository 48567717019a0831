/* Addresses, names and sockets: resolving, dialling, listening, who is at a local one.
 * Must never know what goes over them. */
#include "link/net.h"
#include "base/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	RESOLVE_ROOM = MAX_ADDRESS + 260,
};

static char error_text[512];

const char *
net_error(void)
{
	return error_text;
}

#define FAIL(...) set_error(error_text, sizeof(error_text), __VA_ARGS__)

/* ---- who is there ---- */

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* The kernel says how much room it wants when there is too little: a user may have 65,536 groups. */
int
net_peer(int fd, struct peer *out)
{
	struct ucred cred;
	socklen_t len = sizeof(cred), size = 64 * sizeof(uint32_t);
	uint32_t *groups = xmalloc(size);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		goto bad;
	while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
		if (errno != ERANGE)
			goto bad;
		groups = xrealloc(groups, size, 1);
	}
	out->uid = cred.uid;
	out->gid = cred.gid;
	out->pid = (uint32_t)cred.pid;
	out->group_count = size / sizeof(groups[0]);
	out->groups = groups;
	return 0;
bad:
	free(groups);
	return -1;
}

/* ---- addresses ---- */

int
net_split(const char *text, unsigned default_port, char **host, unsigned *port)
{
	const char *colon = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	size_t host_len = colon ? (size_t)(colon - text) : strlen(text), skip = *text == '[';
	uint64_t value = default_port;

	if (*text == '[' && colon)
		colon = colon[1] ? colon + 1 : NULL;
	else if (colon && strchr(text, ':') != colon) {
		colon = NULL; /* an IPv6 address without brackets */
		host_len = strlen(text);
	}
	if (host_len <= skip || (*text == '[' && text[host_len] != ']') || (colon && *colon != ':')) {
		FAIL("\"%s\" is no host or host:port", text);
		return -1;
	}
	if (colon && (parse_u64(colon + 1, 65535, &value) || value == 0)) {
		FAIL("\"%s\": the port must be a number from 1 to 65535", text);
		return -1;
	}
	*host = xstrndup(text + skip, host_len - skip);
	*port = (unsigned)value;
	return 0;
}

static void
fill_address(struct address *out, const struct sockaddr *from, size_t len)
{
	memcpy(out->raw, from, len);
	out->len = (uint32_t)len;
}

int
net_numeric(const char *host, unsigned port, struct address *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		fill_address(out, (struct sockaddr *)&v4, sizeof(v4));
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		fill_address(out, (struct sockaddr *)&v6, sizeof(v6));
		return 0;
	}
	return -1;
}

bool
net_is_loopback(const struct address *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->len == sizeof(v4)) {
		memcpy(&v4, a->raw, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	}
	memcpy(&v6, a->raw, sizeof(v6));
	return a->len == sizeof(v6) && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

char *
net_text(const struct address *a)
{
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->len == sizeof(v4)) {
		memcpy(&v4, a->raw, sizeof(v4));
		(void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
		return xasprintf("%s:%u", host, ntohs(v4.sin_port));
	}
	if (a->len != sizeof(v6))
		return xstrdup("?");
	memcpy(&v6, a->raw, sizeof(v6));
	(void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
	return xasprintf("[%s]:%u", host, ntohs(v6.sin6_port));
}

/* In the child: looks the name up and writes an address, or a text, as one message. */
static void
resolve_here(const char *host, unsigned port, int out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *found = NULL;
	struct buf answer = {0};
	char service[8];
	int failed;

	(void)snprintf(service, sizeof(service), "%u", port);
	failed = getaddrinfo(host, service, &hints, &found);
	if (failed || found->ai_addrlen > MAX_ADDRESS) {
		put_u8(&answer, 0);
		put_str(&answer, failed == EAI_AGAIN ? "no name server answers" : gai_strerror(failed));
	} else {
		put_u8(&answer, 1);
		put_block(&answer, found->ai_addr, found->ai_addrlen);
	}
	(void)write_full(out, answer.data, answer.len);
	_exit(0);
}

int
net_resolve(const char *host, unsigned port)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		FAIL("can't look up %s: %s", host, strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid == 0) { /* a look-up may take long, and what is open here must not stay so for it */
		(void)dup3(ends[1], STDERR_FILENO + 1, O_CLOEXEC);
		close_from(STDERR_FILENO + 2);
		resolve_here(host, port, STDERR_FILENO + 1);
	}
	close(ends[1]);
	if (pid < 0) {
		FAIL("can't look up %s: %s", host, strerror(errno));
		close(ends[0]);
		return -1;
	}
	return ends[0];
}

int
net_resolved(int fd, struct address *out)
{
	uint8_t answer[RESOLVE_ROOM];
	ssize_t len = read_full(fd, answer, sizeof(answer));
	struct reader r = reader_over(answer, len < 0 ? 0 : (size_t)len), raw;

	close(fd);
	if (take_u8(&r) == 0) {
		const char *text = take_str(&r);

		FAIL("%s", r.bad ? "the look-up was cut short" : text);
		return -1;
	}
	raw = take_block(&r);
	if (!reader_done(&r) || reader_left(&raw) > MAX_ADDRESS) {
		FAIL("the look-up was cut short");
		return -1;
	}
	out->len = (uint32_t)reader_left(&raw);
	memcpy(out->raw, raw.at, out->len);
	return 0;
}

/* ---- sockets ---- */

static void
tune(int fd)
{
	static const int on = 1, low_water = 128 * 1024;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low_water, sizeof(low_water));
}

static int
family_of(const struct address *a)
{
	return a->len == sizeof(struct sockaddr_in6) ? AF_INET6 : AF_INET;
}

int
net_dial(const struct address *a)
{
	struct sockaddr_storage to = {0};
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		FAIL("no socket: %s", strerror(errno));
		return -1;
	}
	tune(fd);
	memcpy(&to, a->raw, a->len);
	if (connect(fd, (struct sockaddr *)&to, a->len) != 0 && errno != EINPROGRESS) {
		FAIL("%s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

bool
net_is_here(const struct address *a)
{
	struct address at = *a;
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool here;

	memset(at.raw + offsetof(struct sockaddr_in, sin_port), 0, sizeof(in_port_t)); /* where sin6_port is, too: any port */
	here = fd < 0 || bind(fd, (const struct sockaddr *)at.raw, at.len) == 0 || errno != EADDRNOTAVAIL;
	close_fd(&fd);
	return here;
}

/* The address to bind for NULL: every one, IPv6 with IPv4 where the kernel has IPv6, else IPv4 alone. */
static int
any_socket(struct sockaddr_storage *at, socklen_t *len, unsigned port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), off = 0;

	if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) {
		memcpy(at, &v6, sizeof(v6));
		*len = sizeof(v6);
		return fd;
	}
	close_fd(&fd);
	memcpy(at, &v4, sizeof(v4));
	*len = sizeof(v4);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int
net_listen(const struct address *address, unsigned port)
{
	static const int on = 1;
	struct sockaddr_storage at = {0};
	socklen_t len = 0;
	int fd;

	if (address) {
		memcpy(&at, address->raw, address->len);
		len = address->len;
		fd = socket(family_of(address), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	} else {
		fd = any_socket(&at, &len, port);
	}
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 4096) != 0) {
		FAIL("%s", strerror(errno));
		close_fd(&fd);
		return -1;
	}
	tune(fd); /* inherited by what it accepts */
	return fd;
}

static int
local_address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(out->sun_path)) {
		FAIL("the socket's path %s is longer than %zu bytes", path, sizeof(out->sun_path) - 1);
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(out->sun_path, path, strlen(path) + 1);
	return 0;
}

int
net_dial_local(const char *path)
{
	struct sockaddr_un at;
	int fd;

	if (local_address(path, &at))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		FAIL("%s", strerror(errno));
		close_fd(&fd);
		return -1;
	}
	return fd;
}

/* What lies at path, where a socket was to be made: 0 when it is one that no process listens at; else -1 with net_error(). */
static int
check_stale(const char *path)
{
	struct peer master;
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0) {
		FAIL("%s", strerror(errno));
		return -1;
	}
	if (!S_ISSOCK(st.st_mode)) {
		FAIL("something is there already that is no socket, and belongs to user %u", (unsigned)st.st_uid);
		return -1;
	}
	fd = net_dial_local(path);
	if (fd < 0)
		return errno == ECONNREFUSED ? 0 : -1;
	if (net_peer(fd, &master) == 0) {
		FAIL("a process %u of user %u listens there already", master.pid, master.uid);
		free(master.groups);
	} else {
		FAIL("a process listens there already");
	}
	close(fd);
	return -1;
}

/* Everybody may connect, and the mode is there from the beginning: no other file could be meant by changing it later. */
static int
bind_open(int fd, const struct sockaddr_un *at)
{
	mode_t before = umask(0111);
	int bad = bind(fd, (const struct sockaddr *)at, sizeof(*at)), saved = errno;

	(void)umask(before);
	errno = saved;
	return bad;
}

int
net_listen_local(const char *path)
{
	struct sockaddr_un at;
	int fd, bad;

	if (local_address(path, &at))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bad = fd < 0 || bind_open(fd, &at) != 0;
	if (bad && fd >= 0 && errno == EADDRINUSE) {
		if (check_stale(path) != 0) {
			close(fd);
			return -1;
		}
		/* Of a name in /tmp only its owner's and root's unlink succeeds, and no link is followed. */
		bad = unlink(path) != 0 || bind_open(fd, &at) != 0;
	}
	if (bad || listen(fd, 1024) != 0) {
		FAIL("%s", strerror(errno));
		close_fd(&fd);
		return -1;
	}
	return fd;
}

int
net_accept(int listener)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
