/* What the master knows of nodes: asked, kept, and told as JSON. */
#ifndef SURVEY_H
#define SURVEY_H

#include "client/naming.h"
#include "opts.h"
#include "proto.h"

struct surveyed {
	struct msg_shown m; /* its texts are fit for a terminal, and owned */
	struct strings texts;
};
struct survey {
	struct surveyed *at; /* sorted by path */
	size_t count, room;
	uint32_t up, down;    /* of the whole tree */
	struct left_out left; /* strings owned */
	char *refused;
	struct strings rules;
};

void survey_check(const char *spec); /* dies (2) when it is no spec, as "" */
/* Asks for the nodes of a spec ("": all), with the -x, -only, -wait and -timeout of the options. Dies when there is no answer. */
void survey_ask(const struct options *, const char *spec, struct survey *out);
void survey_free(struct survey *);				   /* what survey_ask has put there */
struct naming *survey_naming(const struct survey *, bool by_host); /* what its nodes are called. The caller frees */
/* Adds the node as a line of JSON; first: it is the first object of the command. */
void survey_json(struct buf *, const struct surveyed *, const struct naming *, bool first);
#endif
