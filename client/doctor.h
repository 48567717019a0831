/* The user's side of doctor: what is wrong with the cluster, from what the master and this machine know already. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "opts.h"

int client_doctor(const struct options *); /* 0: nothing is wrong; 1: something is, and was said, with what to do */
#endif
