/* SPDX-License-Identifier: Apache-2.0 */
#include "client/render.h"

#include <string.h>

#include "base/span.h"

#define GAP 2

/* The length of a control character at `at`: C0, DEL, or C1 in its UTF-8 form. 0: it is none. */
static size_t control_len(const unsigned char *at)
{
	if (at[0] < ' ' || at[0] == 0x7f)
		return 1;
	return at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0 ? 2 : 0;
}

const char *render_text(const char *text, char buf[static RENDER_TEXT_MAX])
{
	const unsigned char *at = (const unsigned char *)text;
	size_t len = 0;

	while (*at && len + 1 < RENDER_TEXT_MAX) {
		size_t skip = control_len(at);

		buf[len++] = skip ? '?' : (char)*at;
		at += skip ? skip : 1;
	}
	buf[len] = '\0';
	return buf;
}

/* Its strings, with commas between: such lists are short, and of words. */
static const char *join(const json_t *list, char buf[static RENDER_TEXT_MAX])
{
	char joined[RENDER_TEXT_MAX] = "";
	const json_t *item;
	size_t i, len = 0;

	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(item);

		if (text && len + strlen(text) + 2 < sizeof(joined))
			len += (size_t)sprintf(joined + len, "%s%s", len ? "," : "", text);
	}
	return render_text(joined, buf);
}

/* Characters, not bytes: those that continue one in UTF-8 take no column. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static const char *value(const json_t *object, const char *member, char buf[static RENDER_TEXT_MAX])
{
	const json_t *v = json_object_get(object, member);

	if (json_is_string(v) && json_string_length(v))
		render_text(json_string_value(v), buf);
	else if (json_array_size(v))
		join(v, buf);
	else if (json_is_integer(v))
		snprintf(buf, RENDER_TEXT_MAX, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		strcpy(buf, json_is_true(v) ? "yes" : "no");
	else
		strcpy(buf, "-");
	return buf;
}

static void print_cell(FILE *to, const char *text, size_t column, bool last)
{
	fputs(text, to);
	for (size_t n = width(text); !last && n < column + GAP; n++)
		fputc(' ', to);
	if (last)
		fputc('\n', to);
}

static size_t column_width(const json_t *objects, const struct render_field *field)
{
	size_t most = width(field->title), i;
	char buf[RENDER_TEXT_MAX];
	const json_t *object;

	json_array_foreach(objects, i, object) most =
		MAX(most, width(value(object, field->member, buf)));
	return most;
}

static void print_row(FILE *to, const json_t *object, const struct render_field fields[], size_t n,
		      const size_t widths[])
{
	char buf[RENDER_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		print_cell(to, object ? value(object, fields[i].member, buf) : fields[i].title,
			   widths[i], i + 1 == n);
}

const char *render_bytes(uint64_t n, char buf[static RENDER_BYTES_MAX])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t unit = 1;
	size_t i = 0;

	while (n / unit >= KIB) {
		unit *= KIB;
		i++;
	}
	if (i == 0)
		snprintf(buf, RENDER_BYTES_MAX, "%llu bytes", (unsigned long long)n);
	else
		snprintf(buf, RENDER_BYTES_MAX, "%.1f %s", (double)n / (double)unit, units[i]);
	return buf;
}

/* In the two units that say most of it. */
const char *render_duration(uint64_t seconds, char buf[static RENDER_DURATION_MAX])
{
	unsigned long long s = seconds;

	if (s < 60)
		snprintf(buf, RENDER_DURATION_MAX, "%llu s", s);
	else if (s < 60 * 60)
		snprintf(buf, RENDER_DURATION_MAX, "%llu min %llu s", s / 60, s % 60);
	else if (s < 24 * 60 * 60)
		snprintf(buf, RENDER_DURATION_MAX, "%llu h %llu min", s / 3600, s / 60 % 60);
	else
		snprintf(buf, RENDER_DURATION_MAX, "%llu d %llu h", s / 86400, s / 3600 % 24);
	return buf;
}

#define COLUMNS_MAX 8

void render_table(FILE *to, const json_t *objects, const struct render_field fields[], size_t n)
{
	size_t widths[COLUMNS_MAX], i;
	const json_t *object;

	n = MIN(n, COLUMNS_MAX);
	for (i = 0; i < n; i++)
		widths[i] = column_width(objects, &fields[i]);
	print_row(to, NULL, fields, n, widths);
	json_array_foreach(objects, i, object) print_row(to, object, fields, n, widths);
}

void render_record(FILE *to, const json_t *object, const struct render_field fields[], size_t n)
{
	size_t column = 0;
	char buf[RENDER_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		column = MAX(column, width(fields[i].title));
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_object_get(object, fields[i].member);

		if (!v || json_is_null(v))
			continue;
		print_cell(to, fields[i].title, column, false);
		print_cell(to, value(object, fields[i].member, buf), 0, true);
	}
}
