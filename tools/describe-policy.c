/* SPDX-License-Identifier: Apache-2.0 */

/* Prints docs/policy.md from policy/rules.h: what describes the rules is what the filters are. */

#include <stdio.h>
#include <string.h>

#include "policy/landlock.h"
#include "policy/limits.h"
#include "policy/rules.h"

static bool is_same(const struct rule *a, const struct rule *b)
{
	return strcmp(a->call, b->call) == 0 && strcmp(a->when_words, b->when_words) == 0 &&
	       strcmp(a->action_words, b->action_words) == 0 && strcmp(a->why, b->why) == 0;
}

static bool has(enum process p, const struct rule *rule)
{
	size_t n;
	const struct rule *rules = rule_list(p, &n);

	for (size_t i = 0; i < n; i++)
		if (is_same(&rules[i], rule))
			return true;
	return false;
}

/* The rows were written once and expanded into several lists; here each stands once again. */
static bool was_said(enum process p, const struct rule *rule)
{
	for (enum process before = 0; before < p; before++)
		if (has(before, rule))
			return true;
	return false;
}

/* `|` would end a cell. */
static void say_cell(const char *words)
{
	for (; *words; words++)
		if (*words == '|')
			fputs("\\|", stdout);
		else
			putchar(*words);
}

static void say_when(const char *words)
{
	static const char before[] = "WHEN(";

	if (strncmp(words, before, strlen(before)) != 0)
		return;
	words += strlen(before);
	putchar('`');
	for (; words[1]; words++)
		if (*words == '|')
			fputs("\\|", stdout);
		else
			putchar(*words);
	putchar('`');
}

static void say_rule(const struct rule *rule)
{
	printf("| `%s` | ", rule->call);
	say_when(rule->when_words);
	for (enum process p = 0; p < PROCESSES; p++)
		printf(" | %s", !has(p, rule) ? "" : rule->error ? rule->action_words : "yes");
	printf(" | ");
	say_cell(rule->why);
	printf(" |\n");
}

static void say_calls(void)
{
	printf("## System calls\n"
	       "\n"
	       "Argument 0 is the first. `EQUALS(n, value)`: argument n is this value;\n"
	       "`WITHIN(n, bits)`: it has no bits but these. Both look at 32 bits, as the kernel\n"
	       "does; the `_LONG` forms at 64. `THIS_PROCESS` is the pid of whoever applied the\n"
	       "filter. Several rows of one call are alternatives. `ERROR(e)`: the call says that\n"
	       "and nothing else happens. Any other call up to number %d ends the process\n"
	       "(`KILL_PROCESS`), as do all calls of another architecture, x32 included; calls\n"
	       "with a higher number say ENOSYS.\n"
	       "\n"
	       "A worker is bound by its own filter and by its parent's.\n"
	       "\n",
	       RULES_NEWEST_CALL);
	printf("| call | when |");
	for (enum process p = 0; p < PROCESSES; p++)
		printf(" %s |", process_name(p));
	printf(" why |\n|---|---|---|---|---|---|---|\n");
	for (enum process p = 0; p < PROCESSES; p++) {
		size_t n;
		const struct rule *rules = rule_list(p, &n);

		for (size_t i = 0; i < n; i++)
			if (!was_said(p, &rules[i]))
				say_rule(&rules[i]);
	}
	printf("\nThe sets:\n\n");
#define SAY_SET(name, bits) printf("- `" #name "`: `" #bits "`\n");
	RULES_SETS(SAY_SET)
#undef SAY_SET
}

static void say_landlock(void)
{
	printf("\n"
	       "## Paths, sockets, signals (Landlock)\n"
	       "\n"
	       "At least ABI %d is required (Linux 5.19). What a later kernel can take away is\n"
	       "taken away where it can.\n"
	       "\n"
	       "| | frontend | authd | stored |\n"
	       "|---|---|---|---|\n"
	       "| files | none | in its directory: read, write, make, remove |"
	       " the same, and directories, and links between them |\n"
	       "| TCP: bind, connect (ABI 4) | no | no | no |\n"
	       "| ioctl on devices (ABI 5) | no | no | no |\n"
	       "| abstract UNIX sockets of others (ABI 6) | no | no | no |\n"
	       "| signals (ABI 6) | the parent to its workers | no | no |\n"
	       "\n"
	       "Each worker has a domain of its own inside its parent's.\n",
	       LANDLOCK_ABI_REQUIRED);
}

static void say_limits(void)
{
	int locked = (int)(LIMITS_LOCKED_BYTES / MIB);

	printf("\n"
	       "## Ids and limits\n"
	       "\n"
	       "No process runs as root, holds a capability (nor in the bounding set, where it\n"
	       "was started as root), can be traced or dumped, or gains by running a program.\n"
	       "\n"
	       "| limit | frontend | authd | stored |\n"
	       "|---|---|---|---|\n"
	       "| descriptors | %d | %d | %d |\n"
	       "| locked memory, MiB | %d | %d | %d |\n"
	       "| core file | 0 | 0 | 0 |\n"
	       "| new processes and threads | the parent's workers | 0 | 0 |\n"
	       "\n"
	       "Where a hard limit is lower and the start is not root's, the hard limit counts.\n",
	       LIMITS_FILES_FRONTEND, LIMITS_FILES_AUTHD, LIMITS_FILES_STORED, locked, locked,
	       locked);
}

int main(void)
{
	printf("# What each process may still do\n"
	       "\n"
	       "Expanded from `policy/rules.h` by `tools/describe-policy`; do not edit.\n"
	       "\n"
	       "A process gives up what it does not need in one order, in `policy/confine.c`:\n"
	       "limits and ids; then, when everything is open, `no_new_privs` and Landlock; then,\n"
	       "when its threads are there, system calls, for all of them at once. If a step\n"
	       "fails, it does not start, unless the operator said `--confine degraded`; that is\n"
	       "logged at every start and stands in the status.\n"
	       "\n");
	say_calls();
	say_landlock();
	say_limits();
	return 0;
}
