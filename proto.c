/* Messages and their bytes.
 * Must never know descriptors, poll or the tree. */
#include "proto.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const struct {
	enum message type;
	const char *name;
} names[] = {
	{MSG_JOIN, "JOIN"},
	{MSG_WELCOME, "WELCOME"},
	{MSG_REFUSE, "REFUSE"},
	{MSG_UP, "UP"},
	{MSG_DOWN, "DOWN"},
	{MSG_STAT, "STAT"},
	{MSG_PING, "PING"},
	{MSG_FORGET, "FORGET"},
	{MSG_SHUTDOWN, "SHUTDOWN"},
	{MSG_POWER, "POWER"},
	{MSG_STRIKE, "STRIKE"},
	{MSG_HEALTH, "HEALTH"},
	{MSG_RENEW, "RENEW"},
	{MSG_RENEW_WANT, "RENEW_WANT"},
	{MSG_RENEW_DATA, "RENEW_DATA"},
	{MSG_RENEWED, "RENEWED"},
	{MSG_RUN, "RUN"},
	{MSG_EVENT, "EVENT"},
	{MSG_ACK, "ACK"},
	{MSG_CREDIT, "CREDIT"},
	{MSG_SIGNAL, "SIGNAL"},
	{MSG_DONE, "DONE"},
	{MSG_WANT, "WANT"},
	{MSG_DATA, "DATA"},
	{MSG_LACK, "LACK"},
	{MSG_UNWANT, "UNWANT"},
	{MSG_RESEND, "RESEND"},
	{MSG_INPUT, "INPUT"},
	{MSG_TAKEN, "TAKEN"},
	{MSG_RESIZE, "RESIZE"},
	{MSG_SLOW, "SLOW"},
	{MSG_BEFORE, "BEFORE"},
	{MSG_SIGNAL_ONE, "SIGNAL_ONE"},
	{MSG_EVENTS, "EVENTS"},
	{MSG_LAUNCH, "LAUNCH"},
	{MSG_ACCEPTED, "ACCEPTED"},
	{MSG_ERROR, "ERROR"},
	{MSG_JOB_END, "JOB_END"},
	{MSG_QUERY, "QUERY"},
	{MSG_NODES, "NODES"},
	{MSG_QUERY_END, "QUERY_END"},
	{MSG_PS, "PS"},
	{MSG_KILL, "KILL"},
	{MSG_OK, "OK"},
	{MSG_TIMEOUT, "TIMEOUT"},
	{MSG_DETACH, "DETACH"},
	{MSG_NAMES, "NAMES"},
	{MSG_ATTACH, "ATTACH"},
	{MSG_KEYBOARD, "KEYBOARD"},
};

const char *
message_name(unsigned type)
{
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "unknown";
}

static int
verdict(const struct reader *r)
{
	return reader_done(r) ? 0 : -1;
}

static void
put_info(struct buf *b, const struct node_info *info)
{
	put_u64(b, info->boot);
	put_str(b, info->hostname);
	put_str(b, info->address);
	put_str(b, info->machine);
	put_str(b, info->version);
	put_str(b, info->limits);
	put_u32(b, info->cpus);
	put_u64(b, info->memory);
	put_u8(b, info->has_power);
}

static struct node_info
take_info(struct reader *r)
{
	struct node_info info = {.boot = take_u64(r)};

	info.hostname = take_str(r);
	info.address = take_str(r);
	info.machine = take_str(r);
	info.version = take_str(r);
	info.limits = take_str(r);
	info.cpus = take_u32(r);
	info.memory = take_u64(r);
	info.has_power = take_bool(r);
	return info;
}

static void
put_figures(struct buf *b, const struct node_stat *stat)
{
	put_u64(b, stat->memory_free);
	put_u32(b, stat->load);
	put_u32(b, stat->jobs);
}

static struct node_stat
take_figures(struct reader *r)
{
	struct node_stat stat = {.memory_free = take_u64(r)};

	stat.load = take_u32(r);
	stat.jobs = take_u32(r);
	return stat;
}

void
put_join(struct buf *b, const struct msg_join *m)
{
	put_u32(b, PROTO_FIRST);
	put_u8(b, m->has_path);
	put_path(b, &m->path);
	put_u8(b, m->has_id);
	put_u32(b, m->id);
	put_u64(b, m->master);
	put_info(b, &m->info);
	put_u32(b, m->generation);
}

/* What stands at the end of a frozen message since the second generation. */
static uint32_t
take_generation(struct reader *r)
{
	return !r->bad && reader_left(r) == 0 ? PROTO_FIRST : take_u32(r);
}

int
take_join(const uint8_t *data, size_t len, struct msg_join *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_join){.generation = 0};
	if (take_u32(&r) != PROTO_FIRST)
		r.bad = true;
	m->has_path = take_bool(&r);
	m->path = take_path(&r);
	m->has_id = take_bool(&r);
	m->id = take_u32(&r);
	m->master = take_u64(&r);
	m->info = take_info(&r);
	m->generation = take_generation(&r);
	return r.bad ? -1 : 0; /* frozen: what a later version adds behind is passed over */
}

void
put_welcome(struct buf *b, const struct msg_welcome *m)
{
	put_path(b, &m->path);
	put_u32(b, m->heartbeat);
	put_u32(b, m->grace);
	put_u64(b, m->master);
	put_strings(b, &m->ancestors);
	put_u32(b, m->generation);
}

int
take_welcome(const uint8_t *data, size_t len, struct msg_welcome *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_welcome){.path = take_path(&r)};
	m->heartbeat = take_u32(&r);
	m->grace = take_u32(&r);
	m->master = take_u64(&r);
	take_strings(&r, &m->ancestors);
	m->generation = take_generation(&r);
	if (!r.bad)
		return 0;
	strings_free(&m->ancestors);
	return -1;
}

void
put_refuse(struct buf *b, const struct msg_refuse *m)
{
	put_str(b, m->why);
}

int
take_refuse(const uint8_t *data, size_t len, struct msg_refuse *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_refuse){.why = take_str(&r)};
	return verdict(&r);
}

void
put_forget(struct buf *b, const struct msg_forget *m)
{
	size_t i;

	put_path(b, &m->path);
	for (i = 0; i < m->count; i++)
		put_u64(b, m->jobs[i]);
}

int
take_forget(const uint8_t *data, size_t len, struct msg_forget *m)
{
	struct reader r = reader_over(data, len);
	size_t i;

	*m = (struct msg_forget){.path = take_path(&r)};
	if (r.bad || reader_left(&r) % sizeof(m->jobs[0]) != 0)
		return -1;
	m->count = reader_left(&r) / sizeof(m->jobs[0]);
	m->jobs = xcalloc(m->count, sizeof(m->jobs[0]));
	for (i = 0; i < m->count; i++)
		m->jobs[i] = take_u64(&r);
	return 0;
}

void
put_resend(struct buf *b, const struct msg_resend *m)
{
	put_u64(b, m->master);
}

int
take_resend(const uint8_t *data, size_t len, struct msg_resend *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_resend){.master = take_u64(&r)};
	return verdict(&r);
}

void
put_node(struct buf *b, const struct msg_node *m, uint32_t between)
{
	put_path(b, &m->path);
	if (between == PROTO_GENERATION)
		put_u32(b, m->generation);
	put_info(b, &m->info);
	put_figures(b, &m->stat);
	if (between == PROTO_GENERATION)
		put_str(b, m->runs);
}

bool
next_node(struct reader *r, struct msg_node *m, uint32_t between)
{
	if (r->bad || !reader_left(r))
		return false;
	*m = (struct msg_node){.path = take_path(r)};
	m->generation = between == PROTO_GENERATION ? take_u32(r) : between;
	m->info = take_info(r);
	m->stat = take_figures(r);
	m->runs = between == PROTO_GENERATION ? take_str(r) : "";
	return !r->bad;
}

void
put_down(struct buf *b, const struct msg_down *m)
{
	put_path(b, &m->path);
	put_u64(b, m->boot);
	put_u8(b, m->left);
	put_str(b, m->why);
}

int
take_down(const uint8_t *data, size_t len, struct msg_down *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_down){.path = take_path(&r)};
	m->boot = take_u64(&r);
	m->left = take_bool(&r);
	m->why = take_str(&r);
	return verdict(&r);
}

void
put_stat(struct buf *b, const struct msg_stat *m)
{
	put_path(b, &m->path);
	put_figures(b, &m->stat);
}

bool
next_stat(struct reader *r, struct msg_stat *m)
{
	if (r->bad || !reader_left(r))
		return false;
	*m = (struct msg_stat){.path = take_path(r)};
	m->stat = take_figures(r);
	return !r->bad;
}

void
put_health(struct buf *b, const struct msg_health *m)
{
	put_u64(b, m->time);
	put_u64(b, m->store);
	put_u64(b, m->store_held);
	put_str(b, m->version);
	put_str(b, m->key);
	put_str(b, m->binroot);
	put_str(b, m->refused);
}

int
take_health(const uint8_t *data, size_t len, struct msg_health *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_health){.time = take_u64(&r)};
	m->store = take_u64(&r);
	m->store_held = take_u64(&r);
	m->version = take_str(&r);
	m->key = take_str(&r);
	m->binroot = take_str(&r);
	m->refused = take_str(&r);
	return reader_done(&r) ? 0 : -1;
}

void
put_strike(struct buf *b, const struct msg_strike *m)
{
	put_path(b, &m->path);
}

int
take_strike(const uint8_t *data, size_t len, struct msg_strike *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_strike){.path = take_path(&r)};
	return reader_done(&r) ? 0 : -1;
}

void
put_power(struct buf *b, const struct msg_power *m)
{
	put_path(b, &m->path);
	put_u8(b, m->reboot);
}

int
take_power(const uint8_t *data, size_t len, struct msg_power *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_power){.path = take_path(&r)};
	m->reboot = take_bool(&r);
	return r.bad ? -1 : 0; /* frozen */
}

void
put_renew(struct buf *b, const struct msg_renew *m)
{
	size_t i;

	put_digest(b, &m->digest);
	put_u32(b, m->size);
	put_u8(b, m->flags);
	put_u32(b, m->patience);
	put_u32(b, m->uid);
	put_u32(b, (uint32_t)m->count);
	for (i = 0; i < m->count; i++)
		put_path(b, &m->paths[i]);
}

static uint32_t
take_renewal_size(struct reader *r)
{
	uint32_t size = take_u32(r);

	if (size == 0 || size > MAX_RENEWAL)
		r->bad = true;
	return size;
}

int
take_renew(const uint8_t *data, size_t len, struct msg_renew *m)
{
	struct reader r = reader_over(data, len);
	size_t count;

	*m = (struct msg_renew){.digest = take_digest(&r)};
	m->size = take_renewal_size(&r);
	m->flags = take_u8(&r);
	m->patience = take_u32(&r);
	m->uid = take_u32(&r);
	count = take_u32(&r);
	if (count > MAX_RENEWED)
		r.bad = true;
	m->paths = xcalloc(r.bad ? 0 : count, sizeof(m->paths[0]));
	while (!r.bad && m->count < count)
		m->paths[m->count++] = take_path(&r);
	if (!r.bad)
		return 0; /* frozen, as POWER is */
	free(m->paths);
	return -1;
}

void
put_renew_want(struct buf *b, const struct msg_renew_want *m)
{
	put_digest(b, &m->digest);
	put_u32(b, m->size);
	put_u32(b, m->offset);
}

int
take_renew_want(const uint8_t *data, size_t len, struct msg_renew_want *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_renew_want){.digest = take_digest(&r)};
	m->size = take_renewal_size(&r);
	m->offset = take_u32(&r);
	return reader_done(&r) && m->offset < m->size ? 0 : -1;
}

void
put_renew_data(struct buf *b, const struct msg_renew_data *m)
{
	put_digest(b, &m->digest);
	put_u32(b, m->offset);
	put_bytes(b, m->data, m->len);
}

int
take_renew_data(const uint8_t *data, size_t len, struct msg_renew_data *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_renew_data){.digest = take_digest(&r)};
	m->offset = take_u32(&r);
	m->len = reader_left(&r);
	m->data = take_bytes(&r, m->len);
	return verdict(&r);
}

void
put_renewed(struct buf *b, const struct msg_renewed *m)
{
	put_path(b, &m->path);
	put_digest(b, &m->digest);
	put_u8(b, m->state);
	put_str(b, m->text);
}

int
take_renewed(const uint8_t *data, size_t len, struct msg_renewed *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_renewed){.path = take_path(&r)};
	m->digest = take_digest(&r);
	m->state = (enum renewed)take_u8(&r);
	m->text = take_str(&r);
	if (m->state < RENEWED_READY || m->state > RENEWED_LOST)
		r.bad = true;
	return verdict(&r);
}

void
put_resize(struct buf *b, const struct msg_resize *s)
{
	put_u16(b, s->rows);
	put_u16(b, s->columns);
	put_u16(b, s->width);
	put_u16(b, s->height);
}

static struct msg_resize
read_resize(struct reader *r)
{
	struct msg_resize s = {.rows = take_u16(r)};

	s.columns = take_u16(r);
	s.width = take_u16(r);
	s.height = take_u16(r);
	return s;
}

int
take_resize(const uint8_t *data, size_t len, struct msg_resize *s)
{
	struct reader r = reader_over(data, len);

	*s = read_resize(&r);
	return reader_done(&r) ? 0 : -1;
}

static void
put_surroundings(struct buf *b, const struct surroundings *m)
{
	uint32_t i;

	put_u16(b, m->umask);
	put_u8(b, m->limit_count);
	for (i = 0; i < m->limit_count; i++)
		put_u64(b, m->limits[i]);
	put_resize(b, &m->screen);
	put_u8(b, m->input);
	put_u64(b, m->drain);
	put_str(b, m->cwd);
	put_str(b, m->binroot);
	if (m->words.at) {
		put_bytes(b, m->words.at, reader_left(&m->words));
		return;
	}
	put_strings(b, &m->argv);
	put_strings(b, &m->env);
}

/* The last two fields, checked: words are what the reader has left. */
static void
take_words(struct reader *r, struct surroundings *m)
{
	m->words = *r;
	if (skip_strings(r) == 0)
		r->bad = true;
	(void)skip_strings(r);
}

void
surroundings_command(const struct surroundings *m, size_t most, struct strings *to)
{
	struct reader words = m->words;
	uint32_t count = take_u32(&words), i;
	size_t len = 0;

	for (i = 0; i < count; i++) {
		const char *word = take_str(&words);

		len += strlen(word) + 1;
		if (len > most) {
			strings_add(to, "...");
			return;
		}
		strings_add(to, word);
	}
}

/* All but the lists of words, which are left where they are. */
static struct surroundings
take_surroundings(struct reader *r)
{
	struct surroundings m = {.umask = take_u16(r)};
	uint32_t i;

	m.limit_count = take_u8(r);
	if (m.umask > 0777 || m.limit_count > MAX_LIMITS)
		r->bad = true;
	for (i = 0; i < m.limit_count && !r->bad; i++)
		m.limits[i] = take_u64(r);
	m.screen = read_resize(r);
	m.input = take_u8(r);
	if (m.input > INPUT_TERMINAL)
		r->bad = true;
	m.drain = take_u64(r);
	m.cwd = take_str(r);
	m.binroot = take_str(r);
	take_words(r, &m);
	return m;
}

static void
surroundings_free(struct surroundings *m)
{
	strings_free(&m->argv);
	strings_free(&m->env);
}

void
put_run_common(struct buf *b, const struct run_common *m)
{
	uint32_t i;

	put_u32(b, m->flags);
	put_u8(b, m->view);
	put_u32(b, m->size);
	put_u32(b, m->uid);
	put_u32(b, m->gid);
	put_u32(b, m->group_count);
	for (i = 0; i < m->group_count; i++)
		put_u32(b, m->groups[i]);
	put_u64(b, m->start_limit);
	put_str(b, m->job_text);
	put_u64(b, m->keep);
	put_u64(b, m->of);
	put_u64(b, m->tail);
	put_surroundings(b, &m->around);
}

int
take_run_common(struct reader r, struct run_common *m)
{
	struct reader words;
	uint32_t i;

	*m = (struct run_common){.flags = take_u32(&r)};
	m->view = (enum view)take_u8(&r);
	m->size = take_u32(&r);
	m->uid = take_u32(&r);
	m->gid = take_u32(&r);
	m->group_count = take_u32(&r);
	if (m->group_count > reader_left(&r) / 4 || m->uid == SCOPE_PUBLIC)
		r.bad = true;
	if (r.bad)
		m->group_count = 0;
	m->groups = xcalloc(m->group_count, sizeof(m->groups[0]));
	for (i = 0; i < m->group_count; i++)
		m->groups[i] = take_u32(&r);
	m->start_limit = take_u64(&r);
	m->job_text = take_str(&r);
	m->keep = take_u64(&r);
	m->of = take_u64(&r);
	m->tail = take_u64(&r);
	m->around = take_surroundings(&r);
	if (reader_done(&r) && m->view <= VIEW_NONE) {
		words = m->around.words;
		m->around.words = (struct reader){0};
		take_strings(&words, &m->around.argv);
		take_strings(&words, &m->around.env);
		return 0;
	}
	run_common_free(m);
	return -1;
}

bool
run_watches(const uint8_t *block, size_t len)
{
	struct reader r = reader_over(block, len);

	return take_u32(&r) & (RUN_WATCH | RUN_FIGURES);
}

void
run_common_free(struct run_common *m)
{
	free(m->groups);
	surroundings_free(&m->around);
	m->groups = NULL;
}

static void
put_run_entry(struct buf *b, const struct run_entry *e)
{
	put_u32(b, e->rank);
	put_path(b, &e->path);
	put_str(b, e->before);
}

static struct run_entry
take_run_entry(struct reader *r, uint32_t between)
{
	struct run_entry e = {.rank = take_u32(r)};

	e.path = take_path(r);
	e.before = between == PROTO_GENERATION ? take_str(r) : "";
	return e;
}

size_t
run_entry_size(const struct run_entry *e)
{
	return 4 + 1 + 4 * e->path.depth + 4 + strlen(e->before) + 1;
}

void
put_run_head(struct buf *b, const struct msg_run *m)
{
	put_u32(b, m->window);
	put_u8(b, m->has_manifest);
	put_digest(b, &m->manifest);
	put_u32(b, (uint32_t)m->block_len);
}

void
put_run_entries(struct buf *b, const struct msg_run *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		put_run_entry(b, &m->entries[i]);
}

int
take_run(const uint8_t *data, size_t len, struct msg_run *m, uint32_t between)
{
	struct reader r = reader_over(data, len), block;
	size_t room;

	*m = (struct msg_run){.window = take_u32(&r)};
	if (between == PROTO_GENERATION) {
		m->has_manifest = take_bool(&r);
		m->manifest = take_digest(&r);
	}
	block = take_block(&r);
	m->block = block.at;
	m->block_len = reader_left(&block);
	room = reader_left(&r) / (between == PROTO_GENERATION ? 10 : 5); /* what an entry takes at least */
	m->entries = xcalloc(room, sizeof(m->entries[0]));
	while (m->count < room && reader_left(&r))
		m->entries[m->count++] = take_run_entry(&r, between);
	if (reader_done(&r))
		return 0;
	run_free(m);
	return -1;
}

void
run_free(struct msg_run *m)
{
	free(m->entries);
	m->entries = NULL;
	m->count = 0;
}

bool
is_output(enum event_kind kind)
{
	return kind == EVENT_STDOUT || kind == EVENT_STDERR;
}

static void
put_usage(struct buf *b, const struct msg_event *m)
{
	put_u8(b, m->state);
	put_u32(b, m->pid);
	put_u64(b, m->cpu);
	put_u64(b, m->memory);
}

static void
take_usage(struct reader *r, struct msg_event *m)
{
	m->state = take_u8(r);
	m->pid = take_u32(r);
	m->cpu = take_u64(r);
	m->memory = take_u64(r);
	if (m->state >= FIGURES_STATES)
		r->bad = true;
}

static void
put_progress(struct buf *b, const struct msg_event *m)
{
	put_u64(b, m->have);
	put_u64(b, m->taken);
	put_u8(b, m->over);
}

static void
take_progress(struct reader *r, struct msg_event *m)
{
	m->have = take_u64(r);
	m->taken = take_u64(r);
	m->over = take_bool(r);
	if (m->taken > m->have)
		r->bad = true;
}

void
put_event(struct buf *b, const struct msg_event *m)
{
	put_path(b, &m->path);
	put_u64(b, m->sequence);
	put_u8(b, m->kind);
	if (is_output(m->kind))
		put_bytes(b, m->data, m->len);
	if (m->kind == EVENT_FAILED || m->kind == EVENT_EXITED || m->kind == EVENT_HELD)
		put_u32(b, m->status);
	if (m->kind == EVENT_EXITED || m->kind == EVENT_NOTE)
		put_u8(b, m->flags);
	if (m->kind == EVENT_EXITED)
		put_u64(b, m->ran);
	if (m->kind == EVENT_FAILED || m->kind == EVENT_LOST || m->kind == EVENT_NOTE || m->kind == EVENT_UNFIT || m->kind == EVENT_HELD)
		put_str(b, m->text);
	if (m->kind == EVENT_SKIPPED)
		put_u64(b, m->bytes);
	if (m->kind == EVENT_FIGURES)
		put_usage(b, m);
	if (m->kind == EVENT_TAKEN)
		put_progress(b, m);
}

void
put_events(struct buf *b, const struct msg_event *m)
{
	size_t at = b->len;

	put_u32(b, 0);
	put_event(b, m);
	set_u32(b, at, (uint32_t)(b->len - at - 4));
}

size_t
event_charge(const struct msg_event *e)
{
	return is_output(e->kind) ? e->len + 64 : 0;
}

static void
take_exited(struct reader *r, struct msg_event *m)
{
	m->status = take_u32(r);
	m->flags = take_u8(r);
	if (m->flags >= 2 * EXITED_OVERDUE)
		r->bad = true;
	m->ran = take_u64(r);
}

static void
take_note(struct reader *r, struct msg_event *m)
{
	m->flags = take_u8(r);
	m->text = take_str(r);
	if ((m->flags & ~(unsigned)NOTE_IF_BAD) || strlen(m->text) > MAX_NOTE)
		r->bad = true;
}

enum event_kind
event_kind(const uint8_t *data, size_t len)
{
	struct reader r = reader_over(data, len);
	unsigned depth = take_u8(&r);

	(void)take_bytes(&r, depth * 4 + 8);
	return take_u8(&r);
}

int
take_event(const uint8_t *data, size_t len, struct msg_event *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_event){.path = take_path(&r), .text = "", .body = data, .body_len = len};
	m->sequence = take_u64(&r);
	m->kind = take_u8(&r);
	switch (m->kind) {
	case EVENT_STDOUT:
	case EVENT_STDERR:
		m->len = reader_left(&r);
		m->data = take_bytes(&r, m->len);
		break;
	case EVENT_FAILED:
	case EVENT_HELD:
		m->status = take_u32(&r);
		m->text = take_str(&r);
		break;
	case EVENT_EXITED:
		take_exited(&r, m);
		break;
	case EVENT_LOST:
	case EVENT_UNFIT:
		m->text = take_str(&r);
		break;
	case EVENT_NOTE:
		take_note(&r, m);
		break;
	case EVENT_SKIPPED:
		m->bytes = take_u64(&r);
		break;
	case EVENT_FIGURES:
		take_usage(&r, m);
		break;
	case EVENT_TAKEN:
		take_progress(&r, m);
		break;
	case EVENT_STARTED:
	case EVENT_GONE:
		break;
	default:
		r.bad = true;
	}
	return verdict(&r);
}

char *
exited_text(uint32_t status, unsigned flags)
{
	if (flags & EXITED_OVERDUE)
		return xstrdup("timed out");
	return WIFSIGNALED(status) ? xasprintf("signal %d", WTERMSIG(status)) : xasprintf("exit %d", WEXITSTATUS(status));
}

void
put_ack(struct buf *b, const struct msg_ack *m)
{
	put_path(b, &m->path);
	put_u64(b, m->sequence);
}

bool
next_ack(struct reader *r, struct msg_ack *m)
{
	if (r->bad || !reader_left(r))
		return false;
	*m = (struct msg_ack){.path = take_path(r)};
	m->sequence = take_u64(r);
	return !r->bad;
}

void
put_credit(struct buf *b, const struct msg_credit *m)
{
	put_u32(b, m->bytes);
}

int
take_credit(const uint8_t *data, size_t len, struct msg_credit *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_credit){.bytes = take_u32(&r)};
	return verdict(&r);
}

#define ONLY_IF_NEW 128u /* beside the signal's number */

void
put_input(struct buf *b, const struct msg_input *m)
{
	put_u64(b, m->offset);
	put_u8(b, m->end);
	put_bytes(b, m->data, m->len);
}

int
take_input(const uint8_t *data, size_t len, struct msg_input *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_input){.offset = take_u64(&r), .end = take_bool(&r)};
	m->len = reader_left(&r);
	m->data = take_bytes(&r, m->len);
	if (m->offset > UINT64_MAX / 2)
		r.bad = true;
	return verdict(&r);
}

void
put_taken(struct buf *b, const struct msg_taken *m)
{
	put_u64(b, m->limit);
	put_u64(b, m->taken);
	put_u8(b, m->over);
	put_str(b, m->slow ? m->slow : "");
}

int
take_taken(const uint8_t *data, size_t len, struct msg_taken *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_taken){.limit = take_u64(&r)};
	m->taken = take_u64(&r);
	m->over = take_bool(&r);
	m->slow = take_str(&r);
	if (m->taken > m->limit)
		r.bad = true;
	return verdict(&r);
}

void
put_signal(struct buf *b, const struct msg_signal *m)
{
	put_u8(b, m->signal | (m->only_if_new ? ONLY_IF_NEW : 0));
}

int
take_signal(const uint8_t *data, size_t len, struct msg_signal *m)
{
	struct reader r = reader_over(data, len);
	unsigned marked = take_u8(&r);

	*m = (struct msg_signal){.signal = marked & ~ONLY_IF_NEW, .only_if_new = marked & ONLY_IF_NEW};
	if (m->signal == 0 || m->signal > 64)
		r.bad = true;
	return verdict(&r);
}

void
put_signal_one(struct buf *b, const struct msg_signal_one *m)
{
	put_path(b, &m->path);
	put_u8(b, m->signal);
}

int
take_signal_one(const uint8_t *data, size_t len, struct msg_signal_one *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_signal_one){.path = take_path(&r)};
	m->signal = take_u8(&r);
	if (m->signal == 0 || m->signal > 64)
		r.bad = true;
	return verdict(&r);
}

void
put_want(struct buf *b, const struct msg_want *m)
{
	put_object_name(b, &m->name);
	put_u64(b, m->offset);
	put_u64(b, m->end);
	put_u8(b, m->packed);
}

int
take_want(const uint8_t *data, size_t len, struct msg_want *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_want){.name = take_object_name(&r)};
	m->offset = take_u64(&r);
	m->end = take_u64(&r);
	m->packed = take_bool(&r);
	return verdict(&r);
}

void
put_data(struct buf *b, const struct msg_data *m)
{
	put_object_name(b, &m->name);
	put_u64(b, m->size);
	put_u64(b, m->offset);
	put_u64(b, m->have);
	put_u8(b, m->deflated);
	put_u32(b, m->raw_len);
	put_bytes(b, m->data, m->len);
}

int
take_data(const uint8_t *data, size_t len, struct msg_data *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_data){.name = take_object_name(&r)};
	m->size = take_u64(&r);
	m->offset = take_u64(&r);
	m->have = take_u64(&r);
	m->deflated = take_bool(&r);
	m->raw_len = take_u32(&r);
	m->len = reader_left(&r);
	m->data = take_bytes(&r, m->len);
	if (!m->deflated && m->raw_len != m->len)
		r.bad = true;
	return verdict(&r);
}

void
put_lack(struct buf *b, const struct msg_lack *m)
{
	put_object_name(b, &m->name);
	put_str(b, m->why);
}

int
take_lack(const uint8_t *data, size_t len, struct msg_lack *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_lack){.name = take_object_name(&r)};
	m->why = take_str(&r);
	return verdict(&r);
}

void
put_slow(struct buf *b, const struct msg_slow *m)
{
	put_path(b, &m->path);
}

int
take_slow(const uint8_t *data, size_t len, struct msg_slow *m)
{
	struct reader r = reader_over(data, len);

	m->path = take_path(&r);
	return verdict(&r);
}

void
put_before(struct buf *b, const struct msg_before *m)
{
	put_path(b, &m->path);
	put_str(b, m->before);
}

int
take_before(const uint8_t *data, size_t len, struct msg_before *m)
{
	struct reader r = reader_over(data, len);

	m->path = take_path(&r);
	m->before = take_str(&r);
	return verdict(&r);
}

static void
put_variant(struct buf *b, const struct variant *v)
{
	put_str(b, v->machine);
	put_str(b, v->made_for);
	put_u8(b, v->has_manifest);
	put_digest(b, &v->manifest);
}

static struct variant
take_variant(struct reader *r)
{
	struct variant v = {.machine = take_str(r)};

	v.made_for = take_str(r);
	v.has_manifest = take_bool(r);
	v.manifest = take_digest(r);
	return v;
}

void
put_launch(struct buf *b, const struct msg_launch *m)
{
	uint32_t i;

	put_u32(b, m->generation);
	put_str(b, m->spec);
	put_str(b, m->exclude);
	put_str(b, m->only);
	put_u32(b, m->flags);
	put_u8(b, m->view);
	put_u32(b, m->window);
	put_u64(b, m->timeout);
	put_u64(b, m->start);
	put_u64(b, m->kill_after);
	put_u32(b, m->fanout);
	put_u32(b, m->stop_after);
	put_u32(b, m->variants);
	for (i = 0; i < m->variants; i++)
		put_variant(b, &m->variant[i]);
	put_u64(b, m->keep);
	put_str(b, m->name ? m->name : "");
	put_surroundings(b, &m->around);
}

int
take_launch(const uint8_t *data, size_t len, struct msg_launch *m)
{
	struct reader r = reader_over(data, len);
	uint32_t i;

	*m = (struct msg_launch){.generation = take_u32(&r)};
	if (m->generation != PROTO_GENERATION)
		return -1;
	m->spec = take_str(&r);
	m->exclude = take_str(&r);
	m->only = take_str(&r);
	m->flags = take_u32(&r);
	m->view = (enum view)take_u8(&r);
	m->window = take_u32(&r);
	m->timeout = take_u64(&r);
	m->start = take_u64(&r);
	m->kill_after = take_u64(&r);
	m->fanout = take_u32(&r);
	m->stop_after = take_u32(&r);
	m->variants = take_u32(&r);
	if (m->variants == 0 || m->variants > MAX_VARIANTS)
		r.bad = true;
	for (i = 0; i < m->variants && !r.bad; i++)
		m->variant[i] = take_variant(&r);
	m->keep = take_u64(&r);
	m->name = take_str(&r);
	m->around = take_surroundings(&r);
	return reader_done(&r) && m->view <= VIEW_NONE ? 0 : -1;
}

void
launch_free(struct msg_launch *m)
{
	surroundings_free(&m->around);
}

/* The end of QUERY_END holds the rest. */
static void
put_left_out(struct buf *b, const struct left_out *l)
{
	put_str(b, l->down);
	put_str(b, l->refused);
	put_str(b, l->open_missing);
	put_str(b, l->not_excluded);
	put_str(b, l->not_kept);
	put_str(b, l->advice);
}

static void
take_left_out(struct reader *r, struct left_out *l)
{
	l->down = take_str(r);
	l->refused = take_str(r);
	l->open_missing = take_str(r);
	l->not_excluded = take_str(r);
	l->not_kept = take_str(r);
	l->advice = take_str(r);
}

void
left_out_free(struct left_out *l)
{
	const char *all[] = {
		l->missing, l->hint, l->down, l->refused, l->open_missing, l->open_down, l->not_excluded, l->not_kept, l->advice};
	size_t i;

	for (i = 0; i < COUNT(all); i++)
		free((char *)(uintptr_t)all[i]);
}

void
put_accepted(struct buf *b, const struct msg_accepted *m)
{
	uint32_t i;

	put_str(b, m->job);
	put_str(b, m->left.open_down);
	put_str(b, m->left.missing);
	put_str(b, m->left.hint);
	put_left_out(b, &m->left);
	put_u32(b, m->count);
	for (i = 0; i < m->count; i++)
		put_path(b, &m->paths[i]);
	put_u32(b, m->unfit);
}

int
take_accepted(const uint8_t *data, size_t len, struct msg_accepted *m)
{
	struct reader r = reader_over(data, len);
	uint32_t i;

	*m = (struct msg_accepted){.job = take_str(&r)};
	m->left.open_down = take_str(&r);
	m->left.missing = take_str(&r);
	m->left.hint = take_str(&r);
	take_left_out(&r, &m->left);
	m->count = take_u32(&r);
	if (m->count > reader_left(&r)) /* a path takes a byte at least */
		r.bad = true;
	if (r.bad)
		return -1;
	m->paths = xcalloc(m->count, sizeof(m->paths[0]));
	for (i = 0; i < m->count; i++)
		m->paths[i] = take_path(&r);
	m->unfit = take_u32(&r);
	if (m->unfit > m->count)
		r.bad = true;
	if (reader_done(&r))
		return 0;
	free(m->paths);
	return -1;
}

void
put_error(struct buf *b, const struct msg_error *m)
{
	put_u32(b, m->status);
	put_str(b, m->text);
}

int
take_error(const uint8_t *data, size_t len, struct msg_error *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_error){.status = take_u32(&r)};
	m->text = take_str(&r);
	return verdict(&r);
}

void
put_query(struct buf *b, const struct msg_query *m)
{
	put_u32(b, m->generation);
	put_str(b, m->spec);
	put_str(b, m->exclude);
	put_u32(b, m->at_least);
	put_u64(b, m->patience);
	put_str(b, m->only);
}

int
take_query(const uint8_t *data, size_t len, struct msg_query *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_query){.generation = take_u32(&r)};
	m->spec = take_str(&r);
	m->exclude = take_str(&r);
	m->at_least = take_u32(&r);
	m->patience = take_u64(&r);
	m->only = r.bad || reader_left(&r) > 0 ? take_str(&r) : "";
	return r.bad ? -1 : 0; /* frozen */
}

void
put_shown(struct buf *b, const struct msg_shown *m)
{
	put_path(b, &m->path);
	put_u8(b, m->state);
	put_u64(b, m->since);
	put_u8(b, m->adopted);
	put_str(b, m->why);
	put_info(b, &m->info);
	put_figures(b, &m->stat);
}

bool
next_shown(struct reader *r, struct msg_shown *m)
{
	if (r->bad || !reader_left(r))
		return false;
	*m = (struct msg_shown){.path = take_path(r)};
	m->state = take_u8(r);
	if (m->state > NODE_LOST)
		r->bad = true;
	m->since = take_u64(r);
	m->adopted = take_bool(r);
	m->why = take_str(r);
	m->info = take_info(r);
	m->stat = take_figures(r);
	return !r->bad;
}

void
put_named(struct buf *b, const struct msg_named *m)
{
	put_path(b, &m->path);
	put_str(b, m->host);
	put_str(b, m->machine);
}

bool
next_named(struct reader *r, struct msg_named *m)
{
	if (r->bad || !reader_left(r))
		return false;
	*m = (struct msg_named){.path = take_path(r)};
	m->host = take_str(r);
	m->machine = take_str(r);
	return !r->bad;
}

void
put_query_end(struct buf *b, const struct msg_query_end *m)
{
	put_u32(b, m->up);
	put_u32(b, m->down);
	put_str(b, m->left.open_down);
	put_str(b, m->left.missing);
	put_str(b, m->left.hint);
	put_str(b, m->refused);
	put_strings(b, &m->rules);
	put_left_out(b, &m->left);
}

int
take_query_end(const uint8_t *data, size_t len, struct msg_query_end *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_query_end){.up = take_u32(&r)};
	m->down = take_u32(&r);
	m->left = (struct left_out){
		.open_down = take_str(&r), .down = "", .refused = "", .open_missing = "", .not_excluded = "", .not_kept = "", .advice = ""};
	m->left.missing = take_str(&r);
	m->left.hint = take_str(&r);
	m->refused = "";
	if (r.bad)
		return -1;
	if (reader_left(&r) == 0) /* frozen: a master of an earlier version says no more, a later one more than this */
		return 0;
	m->refused = take_str(&r);
	take_strings(&r, &m->rules);
	if (r.bad || reader_left(&r) > 0)
		take_left_out(&r, &m->left);
	if (!r.bad)
		return 0;
	strings_free(&m->rules);
	return -1;
}

void
put_keyboard(struct buf *b, const struct msg_keyboard *m)
{
	put_u8(b, m->state);
	put_u32(b, m->uid);
	put_u64(b, m->offset);
}

int
take_keyboard(const uint8_t *data, size_t len, struct msg_keyboard *m)
{
	struct reader r = reader_over(data, len);
	unsigned state = take_u8(&r);

	*m = (struct msg_keyboard){.uid = take_u32(&r)};
	m->offset = take_u64(&r);
	if (state > KEYBOARD_ENDED)
		r.bad = true;
	else
		m->state = state;
	return verdict(&r);
}

void
put_attach(struct buf *b, const struct msg_attach *m)
{
	put_u32(b, m->generation);
	put_str(b, m->job);
	put_u8(b, m->figures);
	put_u8(b, m->keys);
	put_u64(b, m->tail);
	put_u32(b, m->window);
}

int
take_attach(const uint8_t *data, size_t len, struct msg_attach *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_attach){.generation = take_u32(&r)};
	m->job = take_str(&r);
	m->figures = take_bool(&r);
	m->keys = take_bool(&r);
	m->tail = take_u64(&r);
	m->window = take_u32(&r);
	return verdict(&r);
}

void
put_job_end(struct buf *b, const struct msg_job_end *m)
{
	put_u32(b, m->culprit);
}

int
take_job_end(const uint8_t *data, size_t len, struct msg_job_end *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_job_end){.culprit = take_u32(&r)};
	return verdict(&r);
}

void
put_ps_ask(struct buf *b, const struct msg_ps_ask *m)
{
	put_u8(b, m->all);
}

int
take_ps_ask(const uint8_t *data, size_t len, struct msg_ps_ask *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_ps_ask){.all = take_bool(&r)};
	return verdict(&r);
}

void
put_ps(struct buf *b, const struct msg_ps *m)
{
	put_str(b, m->job);
	put_str(b, m->name);
	put_str(b, m->state);
	put_str(b, m->nodes);
	put_str(b, m->running);
	put_strings(b, &m->groups);
	put_strings(b, &m->command);
	put_u32(b, m->uid);
	put_u64(b, m->age);
	put_u64(b, m->lasted);
	put_u64(b, m->timeout);
}

void
ps_free(struct msg_ps *m)
{
	strings_free(&m->groups);
	strings_free(&m->command);
}

int
take_ps(const uint8_t *data, size_t len, struct msg_ps *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_ps){.job = take_str(&r)};
	m->name = take_str(&r);
	m->state = take_str(&r);
	m->nodes = take_str(&r);
	m->running = take_str(&r);
	take_strings(&r, &m->groups);
	take_strings(&r, &m->command);
	m->uid = take_u32(&r);
	m->age = take_u64(&r);
	m->lasted = take_u64(&r);
	m->timeout = take_u64(&r);
	if (reader_done(&r) && m->groups.count % 2 == 0)
		return 0;
	ps_free(m);
	return -1;
}

void
put_kill(struct buf *b, const struct msg_kill *m)
{
	put_str(b, m->job);
	put_str(b, m->only);
	put_u32(b, m->signal);
}

int
take_kill(const uint8_t *data, size_t len, struct msg_kill *m)
{
	struct reader r = reader_over(data, len);

	*m = (struct msg_kill){.job = take_str(&r)};
	m->only = take_str(&r);
	m->signal = take_u32(&r);
	return verdict(&r);
}
