/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A power-cut tester. `record` works on a store; with recorder.so preloaded that leaves a history.
 * `check` makes of it directories as they could be after the power has gone, somewhere in it, and
 * looks whether all is there that was promised. Each state is looked at by a process of its own.
 *
 *   power-cut record DIRECTORY full|relaxed ROUNDS SEED
 *   power-cut check HISTORY LIE STATES SEED SHARE SHARES SCRATCH
 *   power-cut make HISTORY LIE RECORD LUCK SEED DIRECTORY
 *
 * LIE and LUCK are names from disk.h, such as "honest" and "nothing". `check` says of each state in
 * which something is wrong with what `make` makes it again.
 */

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/check.h"
#include "tests/crash/disk.h"
#include "tests/crash/workload.h"

#undef NDEBUG
#include <assert.h>

/* A store that does not come to an end is one that fails. */
#define PATIENCE_S 120

static struct story told;

static void hear(void *context, const void *bytes, size_t len)
{
	struct note n;

	assert(len == sizeof(n));
	memcpy(&n, bytes, len);
	story_follow(&told, &n);
}

struct state {
	size_t at;
	enum disk_luck luck;
	uint64_t seed;
};

/* Spread over the history, and never backwards from one to the next. */
static struct state state_of(const struct disk *d, uint64_t number, uint64_t n, uint64_t seed)
{
	uint64_t random = seed ^ (number * 0x2545f4914f6cdd1d), places = disk_length(d) + 1;
	uint64_t from = number * places / n, to = (number + 1) * places / n;
	struct state s = { .luck = (enum disk_luck)(number % DISK_LUCKS) };

	s.at = from + (to > from ? mix(&random) % (to - from) : 0);
	s.seed = mix(&random);
	return s;
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static bool is_good(const struct disk *d, struct state s, const char *directory)
{
	pid_t pid;
	int status;

	assert(mkdir(directory, 0700) == 0);
	disk_make(d, directory, s.luck, s.seed);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE_S);
		exit(check_directory(directory, &told) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	assert(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		fprintf(stderr, "  killed by %s\n", strsignal(WTERMSIG(status)));
	assert(nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static enum disk_lie lie_of(const char *name)
{
	int i = 0;

	while (strcmp(disk_lie_names[i], name) != 0)
		assert(++i < DISK_LIE_COUNT);
	return (enum disk_lie)i;
}

static int check(char **args)
{
	struct disk *d = disk_new(args[0], lie_of(args[1]));
	uint64_t n = strtoull(args[2], NULL, 10), seed = strtoull(args[3], NULL, 10);
	uint64_t share = strtoull(args[4], NULL, 10), shares = strtoull(args[5], NULL, 10);
	unsigned int n_bad = 0, n_good = 0;
	char directory[64];

	snprintf(directory, sizeof(directory), "%s/state-%s", args[6], args[4]);
	for (uint64_t i = share; i < n; i += shares) {
		struct state s = state_of(d, i, n, seed);

		disk_follow(d, s.at, hear, NULL);
		if (is_good(d, s, directory)) {
			n_good++;
			continue;
		}
		n_bad++;
		fprintf(stderr, "bad: %s %zu %s %llu\n", args[1], s.at, disk_luck_names[s.luck],
			(unsigned long long)s.seed);
	}
	printf("good %u bad %u\n", n_good, n_bad);
	disk_free(d);
	return n_bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static enum disk_luck luck_of(const char *name)
{
	int i = 0;

	while (strcmp(disk_luck_names[i], name) != 0)
		assert(++i < DISK_LUCKS);
	return (enum disk_luck)i;
}

/* Whose notes are of no interest here. */
static void ignore(void *context, const void *bytes, size_t len)
{
}

static int make(char **args)
{
	struct disk *d = disk_new(args[0], lie_of(args[1]));

	disk_follow(d, strtoull(args[2], NULL, 10), ignore, NULL);
	disk_make(d, args[5], luck_of(args[3]), strtoull(args[4], NULL, 10));
	disk_free(d);
	return EXIT_SUCCESS;
}

static int record(char **args)
{
	enum durability durability =
		strcmp(args[1], "relaxed") == 0 ? DURABILITY_RELAXED : DURABILITY_FULL;

	if (!history_note) {
		fprintf(stderr, "nothing is recorded: recorder.so is not preloaded\n");
		return EXIT_FAILURE;
	}
	workload_run(args[0], durability, (unsigned int)strtoul(args[2], NULL, 10),
		     strtoull(args[3], NULL, 10));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int n_args;
		int (*run)(char **args);
	} verbs[] = {
		{ "record", 4, record },
		{ "check", 7, check },
		{ "make", 6, make },
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (argc == verbs[i].n_args + 2 && strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argv + 2);
	fprintf(stderr, "usage: power-cut record|check|make ...\n");
	return 2;
}
