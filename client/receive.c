/* What one node sends of its files, written below a directory of the caller's. A node is believed in nothing: no link is followed,
 * no path leads out, no file gives rights.
 * Must never know masters, or which node it is. */
#include "client/receive.h"
#include "archive.h"
#include "base/fresh.h"
#include "base/sys.h"
#include "base/walk.h"
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its mode and time are set when all is in it. */
struct made_dir {
	char *path;
	mode_t mode;
	struct timespec mtime;
};

struct receipt {
	char *dir, *as;
	int root; /* dir, or -1 */
	struct archive archive;
	struct fresh file; /* while one is being written: */
	char *path;	   /* its path below root, or NULL */
	int parent;	   /* its directory */
	struct archive_item head;
	uint64_t at;
	bool skip; /* it could not be made: what comes of it is dropped */
	struct made_dir *dirs;
	size_t count, room;
	bool ended, useless;
	uint64_t failures, left_out;
	char first[600], why[700];
};

struct receipt *
receive_new(const char *dir, const char *as)
{
	struct receipt *r = xcalloc(1, sizeof(*r));

	r->dir = xstrdup(dir);
	r->as = as ? xstrdup(as) : NULL;
	r->root = r->parent = r->file.fd = -1;
	return r;
}

static void
failed(struct receipt *r, const char *path, const char *why)
{
	if (r->failures++ == 0)
		set_error(r->first, sizeof(r->first), "%.400s: %.150s", path, why);
}

/* Something here, below the directory. */
static void
failed_here(struct receipt *r, const char *path)
{
	char *place = xasprintf("%s/%s", strcmp(r->dir, "/") == 0 ? "" : r->dir, path);

	r->useless |= errno == ENOSPC || errno == EDQUOT || errno == EROFS;
	failed(r, place, strerror(errno));
	free(place);
}

/* ---- places ---- */

static int
open_root(struct receipt *r)
{
	char *inner;

	if (r->root >= 0 || r->useless)
		return r->root;
	inner = xasprintf("%s/.", r->dir);
	if (make_parents(inner, 0777) == 0)
		r->root = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(inner);
	if (r->root < 0) {
		failed(r, r->dir, strerror(errno));
		r->useless = true;
	}
	return r->root;
}

/* The name that a path of the archive has below root. Caller frees. */
static char *
place_of(const struct receipt *r, const char *path)
{
	return r->as ? xasprintf("%s%s", r->as, path + strcspn(path, "/")) : xstrdup(path);
}

/* ---- items ---- */

static struct timespec
time_of(const struct archive_item *item)
{
	return (struct timespec){.tv_sec = (time_t)item->mtime, .tv_nsec = (long)item->mtime_ns};
}

static void
make_dir(struct receipt *r, const char *path, const struct archive_item *item)
{
	const char *name;
	int dir = fresh_parent(r->root, path, &name);

	if (dir < 0 || fresh_dir(dir, name) < 0) {
		failed_here(r, path);
	} else {
		r->dirs = grow(r->dirs, r->count, &r->room, sizeof(r->dirs[0]));
		r->dirs[r->count++] = (struct made_dir){xstrdup(path), item->mode & 0777, time_of(item)};
	}
	close_fd(&dir);
}

static void
make_link(struct receipt *r, const char *path, const struct archive_item *item)
{
	const char *name, *old;
	char *first = item->kind == ARCHIVE_HARD_LINK ? place_of(r, item->target) : NULL;
	int dir = fresh_parent(r->root, path, &name), from = first ? fresh_parent(r->root, first, &old) : -1;

	if (dir < 0 || (first && from < 0) ||
		(first ? fresh_hard_link(from, old, dir, name) : fresh_link(dir, item->target, time_of(item), name)) < 0)
		failed_here(r, path);
	close_fd(&dir);
	close_fd(&from);
	free(first);
}

static void
begin_file(struct receipt *r, char *path, const struct archive_item *item)
{
	const char *name;

	r->path = path;
	r->head = *item;
	r->at = 0;
	r->parent = fresh_parent(r->root, path, &name);
	r->skip = r->parent < 0 || fresh_begin(&r->file, r->parent, 0600) < 0;
	if (r->skip)
		failed_here(r, path);
}

static void
add_data(struct receipt *r, const struct archive_item *item)
{
	if (r->skip)
		return;
	if (item->kind == ARCHIVE_HOLE ? lseek(r->file.fd, (off_t)item->size, SEEK_CUR) < 0
				       : write_full(r->file.fd, item->data, item->len) < 0) {
		failed_here(r, r->path);
		r->skip = true;
	}
	r->at += item->kind == ARCHIVE_HOLE ? item->size : item->len;
}

static void
close_file(struct receipt *r)
{
	if (r->file.fd >= 0)
		fresh_drop(&r->file);
	close_fd(&r->parent);
	free(r->path);
	r->path = NULL;
}

static void
end_file(struct receipt *r, const char *why)
{
	if (*why)
		failed(r, r->path, why);
	else if (!r->skip &&
		 (ftruncate(r->file.fd, (off_t)r->at) < 0 || fresh_dress(r->file.fd, r->head.mode & 0777, time_of(&r->head)) < 0 ||
			 fresh_end(&r->file, last_part(r->path)) < 0))
		failed_here(r, r->path);
	close_file(r);
}

/* From the last on: the deepest come first. */
static void
finish_dirs(struct receipt *r)
{
	for (; r->count; r->count--) {
		const struct made_dir *d = &r->dirs[r->count - 1];
		int fd = open_unled(r->root, d->path, O_RDONLY | O_DIRECTORY);

		if (fd < 0 || fresh_dress(fd, d->mode, d->mtime) < 0)
			failed_here(r, d->path);
		close_fd(&fd);
		free(d->path);
	}
}

static void
take(struct receipt *r, const struct archive_item *item)
{
	char *path;

	switch (item->kind) {
	case ARCHIVE_DATA:
	case ARCHIVE_HOLE:
		add_data(r, item);
		return;
	case ARCHIVE_FILE_END:
		end_file(r, item->why);
		return;
	case ARCHIVE_FAILED:
		failed(r, item->path, item->why);
		return;
	case ARCHIVE_NOTE:
		r->left_out++;
		return;
	case ARCHIVE_END:
		r->ended = true;
		return;
	default:
		break;
	}
	if (open_root(r) < 0)
		return;
	path = place_of(r, item->path);
	if (item->kind == ARCHIVE_FILE) {
		begin_file(r, path, item);
		return;
	}
	if (item->kind == ARCHIVE_DIR)
		make_dir(r, path, item);
	else
		make_link(r, path, item);
	free(path);
}

int
receive_add(struct receipt *r, const uint8_t *data, size_t len)
{
	struct reader at = reader_over(data, len);
	enum archive_state state = ARCHIVE_MORE;
	struct archive_item item;

	while (!r->useless && (state = archive_next(&r->archive, &at, &item)) == ARCHIVE_ITEM)
		take(r, &item);
	if (state == ARCHIVE_BAD && !r->useless) {
		failed(r, r->dir, "what the node sent is no archive");
		r->useless = true;
	}
	return r->useless ? -1 : 0;
}

const char *
receive_end(struct receipt *r)
{
	if (r->path && !r->useless)
		failed(r, r->path, "it came only in part");
	else if (!r->ended && !r->useless)
		failed(r, r->dir, "not all has come");
	close_file(r);
	finish_dirs(r);
	if (r->failures == 0)
		return NULL;
	if (r->failures == 1)
		return r->first;
	set_error(r->why, sizeof(r->why), "%s; and %llu more", r->first, (unsigned long long)(r->failures - 1));
	return r->why;
}

uint64_t
receive_left_out(const struct receipt *r)
{
	return r->left_out;
}

void
receive_free(struct receipt *r)
{
	if (!r)
		return;
	close_file(r);
	for (; r->count; r->count--)
		free(r->dirs[r->count - 1].path);
	free(r->dirs);
	close_fd(&r->root);
	archive_free(&r->archive);
	free(r->dir);
	free(r->as);
	free(r);
}
