/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/transfer.h"

#include <limits.h>
#include <stdio.h>

#include "client/transfer/export.h"
#include "client/transfer/import.h"

bool transfer_is_meant(const struct invocation *i)
{
	return i->command == COMMAND_IMPORT || i->command == COMMAND_EXPORT;
}

static struct operator_target target_of(const struct invocation *i, const char *socket)
{
	return (struct operator_target){
		.admin_socket = i->socket,
		.operator_socket = socket,
		.tenant = i->options[OPTION_TENANT],
		.bucket = i->options[OPTION_BUCKET],
		/* A dry run changes nothing, and so needs no right to. */
		.purpose = i->command == COMMAND_IMPORT && !i->options[OPTION_DRY_RUN]
				   ? OPERATOR_IMPORT
				   : OPERATOR_EXPORT,
	};
}

static struct span prefix_of(const struct invocation *i)
{
	const char *prefix = i->options[OPTION_PREFIX];

	return span_from_string(prefix ? prefix : "");
}

static int refuse_format(const struct invocation *i, struct complaint *why)
{
	complain(why, 0, "--format %s is none of filesystem, base32 and sqlite",
		 i->options[OPTION_FORMAT]);
	complaint_hint(why, "`cofferctl import --help` says what they are");
	return RUN_WRONG;
}

static int run_import(const struct invocation *i, const struct operator_target *target,
		      const volatile sig_atomic_t *stop, struct tally *t, struct complaint *why)
{
	struct import_config c = {
		.source = { .path = i->operand,
			    .excludes = i->patterns,
			    .n_excludes = i->n_patterns },
		.target = *target,
		.prefix = prefix_of(i),
		.overwrite = i->options[OPTION_OVERWRITE] != NULL,
		.read_back = !i->options[OPTION_NO_READ_BACK],
		.dry_run = i->options[OPTION_DRY_RUN] != NULL,
		.stop = stop,
	};
	int r;

	if (!source_format_parse(i->options[OPTION_FORMAT], &c.source.format))
		return refuse_format(i, why);
	r = import_run(&c, t, why);
	return r == IMPORT_OK ? RUN_OK : RUN_STOPPED;
}

static int run_export(const struct invocation *i, const struct operator_target *target,
		      const volatile sig_atomic_t *stop, struct tally *t, struct complaint *why)
{
	const struct export_config c = {
		.target = *target,
		.path = i->operand,
		.prefix = prefix_of(i),
		.overwrite = i->options[OPTION_OVERWRITE] != NULL,
		.stop = stop,
	};
	int r = export_run(&c, t, why);

	return r == EXPORT_OK ? RUN_OK : RUN_STOPPED;
}

static void tell(const struct invocation *i, struct tally *t, bool went_through)
{
	json_t *summary;

	progress_hide(&t->progress);
	if (!i->options[OPTION_JSON]) {
		/* What stood in the way from the start is told by itself. */
		if (went_through || t->progress.entries)
			tally_print(t);
		return;
	}
	summary = tally_summary(t, went_through);
	json_dumpf(summary, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(summary);
}

int transfer_run(const struct invocation *i, const volatile sig_atomic_t *stop,
		 struct complaint *why)
{
	bool is_import = i->command == COMMAND_IMPORT;
	struct operator_target target;
	char socket[PATH_MAX];
	struct tally t;
	int r;

	target = target_of(i,
			   operator_socket(i->options[OPTION_OPERATOR_SOCKET], i->socket, socket));
	tally_begin(&t, is_import ? "imported" : "exported", i->options[OPTION_JSON] != NULL,
		    i->options[OPTION_QUIET] != NULL);
	r = (is_import ? run_import : run_export)(i, &target, stop, &t, why);
	if (r != RUN_WRONG)
		tell(i, &t, r == RUN_OK);
	if (r == RUN_OK && !tally_is_good(&t))
		r = RUN_INCOMPLETE;
	tally_clear(&t);
	return r;
}
