/* SPDX-License-Identifier: Apache-2.0 */
#include "client/nearest.h"

#include <string.h>

/*
 * How many letters are to be put in, taken out, changed, or exchanged with the next one, to make
 * one word of the other. Of both no more is looked at than the longest name has.
 */
static size_t distance(const char *a, const char *b)
{
	size_t a_len = strnlen(a, NEAREST_LEN_MAX), b_len = strnlen(b, NEAREST_LEN_MAX);
	size_t d[NEAREST_LEN_MAX + 1][NEAREST_LEN_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			size_t changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = MIN(changed, MIN(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

/* One letter in three may be wrong; in a short word, one. What is longer than every name is near
 * none. */
struct nearest nearest_begin(const char *typed)
{
	size_t len = strnlen(typed, NEAREST_LEN_MAX);

	return (struct nearest){ typed, len == NEAREST_LEN_MAX ? 0 : MAX(len / 3, (size_t)1) + 1 };
}

bool nearest_is(struct nearest *n, const char *name)
{
	size_t d = n->least ? distance(n->typed, name) : 0;

	if (d >= n->least)
		return false;
	n->least = d;
	return true;
}
