/* For tests: numbers that look random and are the same in each run. */
#ifndef PICK_H
#define PICK_H

#include <stdint.h>

/* One below `below`. */
static uint32_t
pick(uint32_t below)
{
	static uint32_t seed = 1;

	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}
#endif
