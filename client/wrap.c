/* SPDX-License-Identifier: Apache-2.0 */
#include "client/wrap.h"

#include <string.h>

#define GAP 2 /* blanks at least before what is said of something */

static size_t begin_line(FILE *to, size_t indent)
{
	fprintf(to, "\n%*s", (int)indent, "");
	return indent;
}

void wrap_print(FILE *to, const char *words, size_t column, size_t indent)
{
	if (column && column + GAP > indent)
		begin_line(to, indent);
	else
		fprintf(to, "%*s", (int)(indent - column), "");
	column = indent;
	while (*words) {
		size_t len = strcspn(words, " \n");

		if (column > indent && column + 1 + len > WRAP_WIDTH)
			column = begin_line(to, indent);
		column +=
			(size_t)fprintf(to, "%s%.*s", column > indent ? " " : "", (int)len, words);
		words += len;
		if (*words == '\n')
			column = begin_line(to, indent);
		words += *words != '\0';
	}
	fputc('\n', to);
}
