/* The cluster key: its file, its short id, and the archive that carries it to nodes.
 * Must never know links, or what is done with a key. */
#include "link/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_KEY_FILE 16384 /* eight keys and a page of comments */

static char error_text[512];

const char *
key_error(void)
{
	return error_text;
}

/* Sets key_error() and errno. Returns -1. */
static int fail(int code, const char *fmt, ...) PRINTF(2, 3);
static int
fail(int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(error_text, sizeof(error_text), fmt, args);
	va_end(args);
	errno = code;
	return -1;
}

void
key_id_bytes(const uint8_t key[KEY_LEN], uint8_t out[KEY_ID])
{
	uint8_t digest[16];

	(void)crypto_generichash(digest, sizeof(digest), key, KEY_LEN, NULL, 0);
	memcpy(out, digest, KEY_ID);
}

void
key_id(const uint8_t key[KEY_LEN], char out[KEY_ID_TEXT])
{
	uint8_t id[KEY_ID];

	key_id_bytes(key, id);
	(void)sodium_bin2hex(out, KEY_ID_TEXT, id, sizeof(id));
}

void
keyring_wipe(struct keyring *ring)
{
	(void)sodium_munlock(ring, sizeof(*ring)); /* wipes, too */
}

static bool
has_key(const struct keyring *ring, const uint8_t key[KEY_LEN])
{
	size_t i;

	for (i = 0; i < ring->count; i++)
		if (sodium_memcmp(ring->key[i], key, KEY_LEN) == 0)
			return true;
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One line of a key file into the ring. No message ever quotes the line: it may be most of a key. */
static int
parse_line(const char *name, size_t number, const char *line, size_t len, struct keyring *ring)
{
	uint8_t key[KEY_LEN];
	size_t got = 0;

	while (len && is_blank(line[len - 1]))
		len--;
	for (; len && is_blank(*line); line++)
		len--;
	if (len == 0 || *line == '#')
		return 0;
	if (len != 2 * KEY_LEN)
		return fail(EINVAL, "%s:%zu: a key is %d hex digits; this line has %zu characters", name, number, 2 * KEY_LEN, len);
	if (sodium_hex2bin(key, KEY_LEN, line, len, NULL, &got, NULL) || got != KEY_LEN)
		return fail(EINVAL, "%s:%zu: a key is %d hex digits; this line has other characters", name, number, 2 * KEY_LEN);
	if (!has_key(ring, key)) {
		if (ring->count == MAX_KEYS)
			return fail(EINVAL, "%s:%zu: more than %d keys: remove those no longer in use", name, number, MAX_KEYS);
		memcpy(ring->key[ring->count++], key, KEY_LEN);
	}
	sodium_memzero(key, sizeof(key));
	return 0;
}

int
key_parse(const char *name, const char *text, size_t len, struct keyring *out)
{
	const char *end = text + len, *next;
	size_t number = 1;

	if (sodium_init() < 0)
		return fail(EIO, "the system gives no random numbers");
	(void)sodium_mlock(out, sizeof(*out)); /* kept out of swap where the limits allow it */
	*out = (struct keyring){0};
	for (; text < end; text = next, number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		next = newline ? newline + 1 : end;
		if (parse_line(name, number, text, (size_t)((newline ? newline : end) - text), out)) {
			int saved = errno;

			keyring_wipe(out);
			errno = saved;
			return -1;
		}
	}
	if (out->count == 0)
		return fail(EINVAL, "%s: holds no key: copy the master's key file there, or make one with: gproc keygen", name);
	return 0;
}

static int
check_owner(const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(EINVAL, "%s: is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail(EPERM, "%s: belongs to user %u, who could read and change the key: chown it to user %u", path,
			(unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & 077)
		return fail(EPERM, "%s: others than its owner can read or change the key (mode %04o): chmod 600 %s", path,
			(unsigned)st.st_mode & 07777, path);
	return 0;
}

int
key_load(const char *path, struct keyring *out)
{
	/* O_NONBLOCK: a FIFO must not block. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), bad, saved;
	char text[MAX_KEY_FILE + 1];
	ssize_t len;

	*out = (struct keyring){0};
	if (fd < 0 && errno == ENOENT)
		return fail(ENOENT, "%s: no key there: copy the master's key file to it (mode 0600), or make one with: gproc keygen", path);
	if (fd < 0)
		return fail(errno, "%s: can't read the key: %s", path, strerror(errno));
	bad = check_owner(path, fd);
	if (!bad) {
		len = read_full(fd, text, sizeof(text));
		if (len < 0)
			bad = fail(errno, "%s: can't read the key: %s", path, strerror(errno));
		else if ((size_t)len > MAX_KEY_FILE)
			bad = fail(EINVAL, "%s: too long to be a key file (more than %d bytes)", path, MAX_KEY_FILE);
		else
			bad = key_parse(path, text, (size_t)len, out);
		saved = errno;
		sodium_memzero(text, sizeof(text));
		errno = saved;
	}
	close_fd(&fd);
	return bad;
}

static int
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad = -1;

	if (fd >= 0) {
		/* Some file systems can't sync a directory, and need not. */
		bad = fsync(fd) && errno != EINVAL && errno != ENOTSUP;
		close(fd);
	}
	free(dir);
	return bad ? -1 : 0;
}

static int
write_new(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), bad;

	if (fd < 0)
		return -1;
	bad = fchmod(fd, 0600) || write_full(fd, text, strlen(text)) || fsync(fd);
	return close(fd) || bad ? -1 : 0;
}

/* Written under another name first: a reader of path finds the whole key or none, and link() never replaces a file. */
static int
publish(const char *path, const char *text, const char *suffix)
{
	char *draft = xasprintf("%s.%s", path, suffix);
	int bad = 0, saved;

	if (write_new(draft, text))
		bad = fail(errno, "%s: can't write the key: %s", draft, strerror(errno));
	else if (link(draft, path) || sync_parent(path))
		bad = errno == EEXIST ? fail(EEXIST, "%s: is there already, and was left as it is", path)
				      : fail(errno, "%s: can't write the key: %s", path, strerror(errno));
	saved = errno;
	(void)unlink(draft);
	free(draft);
	errno = saved;
	return bad;
}

int
key_make(const char *path, struct keyring *out)
{
	char hex[2 * KEY_LEN + 1], id[KEY_ID_TEXT], text[512];
	uint8_t key[KEY_LEN];
	int bad, saved;

	*out = (struct keyring){0};
	if (sodium_init() < 0)
		return fail(EIO, "the system gives no random numbers");
	if (make_parents(path, geteuid() == 0 ? 0755 : 0700)) /* the key closes itself; what else lies in /etc/gproc is for all */
		return fail(errno, "%.*s: can't make the directory: %s", (int)(strrchr(path, '/') - path), path, strerror(errno));
	randombytes_buf(key, sizeof(key));
	key_id(key, id);
	(void)snprintf(text, sizeof(text), "# gproc cluster key %s. Who has it can run programs as root on every node.\n%s\n", id,
		sodium_bin2hex(hex, sizeof(hex), key, sizeof(key)));
	bad = publish(path, text, id);
	saved = errno;
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(text, sizeof(text));
	errno = saved;
	return bad ? -1 : key_load(path, out);
}

/* ---- the key as a cpio archive: Documentation/driver-api/early-userspace/buffer-format.rst, "newc" ---- */

static void
pad_to(struct buf *out, size_t unit)
{
	while (out->len % unit)
		put_u8(out, 0);
}

static void
put_entry(struct buf *out, unsigned inode, unsigned mode, const char *name, const char *data)
{
	/* inode, mode, uid, gid, links, mtime, size, device and rdevice, length of the name, no checksum */
	const unsigned field[13] = {inode, mode, 0, 0, 1, 0, (unsigned)strlen(data), 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0};
	char text[9];
	size_t i;

	put_bytes(out, "070701", 6);
	for (i = 0; i < COUNT(field); i++) {
		(void)snprintf(text, sizeof(text), "%08x", field[i]);
		put_bytes(out, text, 8);
	}
	put_bytes(out, name, strlen(name) + 1);
	pad_to(out, 4);
	put_bytes(out, data, strlen(data));
	pad_to(out, 4);
}

void
key_cpio(const struct keyring *ring, struct buf *out)
{
	char text[MAX_KEYS * (2 * KEY_LEN + 1) + 1] = "";
	struct buf archive = {0};
	size_t i;

	/* All the room at once: growing would leave copies of the key behind. */
	(void)buf_grow(&archive, 2048);
	(void)buf_grow(out, 2048);
	for (i = 0; i < ring->count; i++) {
		char *line = text + i * (2 * KEY_LEN + 1);

		(void)sodium_bin2hex(line, 2 * KEY_LEN + 1, ring->key[i], KEY_LEN);
		line[2 * KEY_LEN] = '\n';
		line[2 * KEY_LEN + 1] = '\0';
	}
	put_entry(&archive, 1, S_IFDIR | 0755, "etc", "");
	put_entry(&archive, 2, S_IFDIR | 0755, "etc/gproc", "");
	put_entry(&archive, 3, S_IFREG | 0600, "etc/gproc/key", text);
	put_entry(&archive, 0, 0, "TRAILER!!!", "");
	pad_to(&archive, 512);
	put_bytes(out, archive.data, archive.len);
	sodium_memzero(archive.data, archive.len);
	sodium_memzero(text, sizeof(text));
	buf_free(&archive);
}
