/* Groups of nodes that a site has named, in /etc/gproc/groups: lines of "name: spec". */
#ifndef GROUPS_H
#define GROUPS_H

#define GROUPS_FILE "/etc/gproc/groups"

/* The spec of a group, of all lines that have its name; blanks between its parts are commas, as in ClusterShell's flat files. "": the group
 * is empty. NULL: groups_error() says that there is none, or what is wrong with the file. The file is read anew when it has changed. The
 * caller frees. */
char *groups_find(const char *name);
const char *groups_error(void); /* borrowed until the next call that fails */
#endif
