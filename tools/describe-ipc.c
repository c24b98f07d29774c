/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Prints docs/ipc.md, or with --json the same for tests that speak the protocol, from ipc/schema.h:
 * what describes the messages is what encodes them.
 */

#include <stdio.h>
#include <string.h>

#include "ipc/answer.h"
#include "ipc/channel.h"
#include "ipc/message.h"
#include "s3/errors.h"
#include "s3/headers.h"
#include "s3/operations.h"

static bool as_json;
static const char *between;

static void say_field(const char *type, const char *name, size_t limit)
{
	if (as_json)
		printf("%s[\"%s\", \"%s\", %zu]", between, type, name, limit);
	else if (limit)
		printf("%s`%s` %s, at most %zu", between, name, type, limit);
	else
		printf("%s`%s` %s", between, name, type);
	between = as_json ? ", " : "; ";
}

#define FIELD(type, name, limit) say_field(#type, #name, limit);
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	static void say_fields_of_##symbol(void)                                                   \
	{                                                                                          \
		between = "";                                                                      \
		IPC_##SYMBOL##_FIELDS(FIELD)                                                       \
	}
IPC_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD

static void say_fields(enum ipc_number number)
{
	switch (number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		say_fields_of_##symbol();                                                          \
		break;
		IPC_MESSAGES(MESSAGE)
#undef MESSAGE
	}
}

static const char *const directions[][2] = {
#define DIRECTION(SYMBOL, from, to) { from, to },
	IPC_DIRECTIONS(DIRECTION)
#undef DIRECTION
};

static const char *phase_name(enum ipc_phase p)
{
	switch (p) {
	case IPC_PHASE_GREETING:
		return "greeting";
	case IPC_PHASE_READY:
		return "ready";
	case IPC_PHASE_BOTH:
		return "both";
	}
	return "?";
}

static void say_row_as_json(const struct ipc_row *row, enum ipc_direction d, bool first)
{
	printf("%s\n  {\"name\": \"%s\", \"number\": %d, \"from\": \"%s\", \"to\": \"%s\", "
	       "\"phase\": \"%s\", \"fds\": %u, \"fields\": [",
	       first ? "" : ",", row->name, (int)row->number, directions[d][0],
	       directions[d][1], phase_name(row->phases), row->n_fds);
	say_fields(row->number);
	printf("]}");
}

static void say_row(const struct ipc_row *row)
{
	printf("| %d | `%s` | %s | %u | ", (int)row->number, row->name, phase_name(row->phases),
	       row->n_fds);
	say_fields(row->number);
	printf(" | %s |\n", row->says);
}

static const char *operation_name(int o)
{
	return s3_operations[o].name;
}

static const char *param_name(int p)
{
	return s3_param_names[p];
}

static const char *header_name(int h)
{
	return s3_header_names[h];
}

static const char *error_name(int e)
{
	return s3_errors[e].code ? s3_errors[e].code : "";
}

static const char *answer_field_name(int f)
{
	static const char *const names[] = {
#define TEXT(SYMBOL, name, limit) [ANSWER_##SYMBOL] = #name,
#define NUMBER(SYMBOL, name) [ANSWER_##SYMBOL] = #name,
		ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	};

	return names[f];
}

/* What stands in requests and answers as a number, by these. */
static void say_names(const char *what, const char *(*name)(int), int n)
{
	printf(",\n\"%s\": [", what);
	for (int i = 0; i < n; i++)
		printf("%s\"%s\"", i ? ", " : "", name(i));
	printf("]");
}

static void say_json(void)
{
	bool first = true;

	printf("{\"version\": %d, \"packet_max\": %d, \"messages\": [", IPC_VERSION, IPC_PACKET_MAX);
	for (int d = 0; d < IPC_DIRECTION_COUNT; d++)
		for (unsigned int number = 0; number <= UINT16_MAX; number++) {
			const struct ipc_row *row = ipc_row(number);

			if (!row || !ipc_travels(d, row->number))
				continue;
			say_row_as_json(row, d, first);
			first = false;
		}
	printf("\n]");
	say_names("operations", operation_name, S3_OPERATION_COUNT);
	say_names("params", param_name, S3_PARAM_COUNT);
	say_names("headers", header_name, S3_HEADER_COUNT);
	say_names("errors", error_name, S3_ERROR_COUNT);
	say_names("answer", answer_field_name, ANSWER_FIELD_COUNT);
	printf("}\n");
}

static void say_direction(enum ipc_direction d)
{
	printf("\n## From %s to %s\n\n", directions[d][0], directions[d][1]);
	printf("| number | message | phase | descriptors | fields | says |\n");
	printf("|---|---|---|---|---|---|\n");
	for (unsigned int number = 0; number <= UINT16_MAX; number++) {
		const struct ipc_row *row = ipc_row(number);

		if (row && ipc_travels(d, row->number))
			say_row(row);
	}
}

static void say_document(void)
{
	printf("# The messages between the processes\n\n"
	       "Expanded from `ipc/schema.h` by `tools/describe-ipc`; do not edit.\n\n"
	       "A packet of a SOCK_SEQPACKET socket is one message with exactly its descriptors, or several\n"
	       "without any: a u16 number, then the fields in order. Integers are little-endian, `id` is 16\n"
	       "and `hash` 32 bytes, `bytes` stand behind a u32 length. A packet has at most %d bytes,\n"
	       "and no message joins others where they would be more than %d; a queue has at most %d.\n"
	       "Anything off (cut short, bytes behind a message with descriptors, an unknown number, another\n"
	       "phase or another count of descriptors) closes that one channel.\n",
	       IPC_PACKET_MAX, CHANNEL_PACKET_FILL, CHANNEL_QUEUE_MAX);
	for (int d = 0; d < IPC_DIRECTION_COUNT; d++)
		say_direction(d);
}

int main(int argc, char **argv)
{
	as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
	if (argc > 1 && !as_json) {
		fprintf(stderr, "usage: describe-ipc [--json]\n");
		return 2;
	}
	if (as_json)
		say_json();
	else
		say_document();
	return 0;
}
