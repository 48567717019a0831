/* One job on this node: its view, its files, its processes. The daemon only ever talks to the keeper. */
#ifndef WORKER_H
#define WORKER_H

#include "run/facts.h"
#include "run/keeper.h"
#include "run/store.h"
#include "run/task.h"
#include "run/usage.h"

struct worker;
struct worker *worker_open(const struct node_setup *); /* NULL with worker_error() */
void worker_tidy(struct worker *);		       /* now and then, without hurry: gives back what is no more used */
void worker_close(struct worker *); /* removes binRoot when it was made here and no other daemon uses it, and the store */
const char *worker_error(void);	    /* why the last call failed; borrowed until the next */
struct store *worker_store(struct worker *); /* the worker's own; borrowed */
/* What this node can't do and how it makes do, one text (no overlay, no mount namespace...); "" when all is there. */
const char *worker_limits(const struct worker *);

/* Bytes of the budget that the job's own files take beside their contents in the store: copies of all that are not shown from there, or
 * with `give` without those that are handed over, if no other job has them pinned; what is handed over is gone from the store, and a later launch asks for it
 * anew. NULL: nothing was shipped. */
uint64_t worker_needs(const struct worker *, const struct manifest *, bool give);

struct proc; /* a keeper and what it keeps; owned by the worker, freed by proc_free */
/* Never blocks and does nothing but fork: the keeper does the rest and reports. NULL with worker_error() (no process to be had). */
struct proc *worker_start(struct worker *, const struct task *);
int proc_output(const struct proc *, int stream); /* 1 or 2: non-blocking descriptor to read; the caller closes by proc_close_output */
void proc_close_output(struct proc *, int stream); /* 1 or 2; closed already: nothing */
/* The pipe that the program reads, with task.input: a non-blocking descriptor to write, the caller's from now on. */
int proc_take_input(struct proc *);
/* A descriptor by which what the program has not read can still be counted when that one is closed; -1: there is none. The caller closes.
 */
int worker_reader(const struct worker *, int fd);
int proc_control(const struct proc *); /* descriptor that becomes readable when proc_next has a report */

/* The next report, PROC_NOTHING when there is none yet. Each proc yields STARTED then EXITED, or FAILED, then GONE; a keeper
 * that was killed yields FAILED ("its keeper was killed") before GONE when nothing else was reported; after proc_kill, EXITED. */
struct proc_report proc_next(struct proc *);
void proc_usage(const struct proc *, struct usage *); /* what its processes take now, the program being its first child */
int proc_signal(struct proc *, int signal); /* to the job's process group, and to the program if it has left it */
void proc_kill(struct proc *);		    /* everything that belongs to the job, surely */
/* For each PROC_PRESS_MS that PROC_GONE doesn't come after proc_kill: a keeper that hasn't heard of it is killed itself, and what a dead
 * one left is hunted. */
void proc_press(struct proc *);
enum { PROC_PRESS_MS = 1000 };
void proc_free(struct worker *, struct proc *); /* after PROC_GONE */
/* Called by the daemon for every child that waitpid gave it: keepers, and orphans of dead keepers, which are killed. */
void worker_reaped(struct worker *, pid_t pid, int status);
/* When daemon shuts down: kill all, then wait (blocking, at most the milliseconds given) until all are gone. */
void worker_end(struct worker *, unsigned wait_ms);
#endif
