/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A power-cut tester of a store, and as power-cut-authd of an authd. `record` works on one; with
 * recorder.so preloaded, as it must be for `check`, too, that leaves a history. `check` makes of it
 * directories as they could be after the power has gone, somewhere in it, and looks whether all is
 * there that was promised. In some of them the first start leaves a history itself, which is cut
 * again. Each state is looked at by a process of its own.
 *
 *   power-cut record DIRECTORY full|relaxed ROUNDS SEED
 *   power-cut check HISTORY LIE AGAIN STATES SEED SHARE SHARES SCRATCH
 *   power-cut make HISTORY LIE RECORD LUCK SEED DIRECTORY
 *
 * LIE, AGAIN - that of the second cut - and LUCK are names from disk.h, such as "honest" and
 * "nothing". `check` says of each state in which something is wrong with what `make` makes it
 * again.
 */

#include <ftw.h>
#include <limits.h>
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

/* A process that does not come to an end is one that fails. */
#define PATIENCE_S 120

/* So many first starts of all are cut themselves, each so often. */
#define AGAIN_EVERY  8
#define AGAIN_STATES 3

static void hear(void *context, const void *bytes, size_t len)
{
	struct note n;

	assert(len == sizeof(n));
	memcpy(&n, bytes, len);
	story_follow(context, &n);
}

struct state {
	size_t at;
	enum disk_luck luck;
	uint64_t seed;
};

/* Spread over the history, and never backwards from one to the next. */
static struct state state_of(const struct disk *d, uint64_t number, uint64_t n, uint64_t seed)
{
	uint64_t random = seed ^ (number * 0x2545f4914f6cdd1d), start = disk_start(d);
	uint64_t places = disk_length(d) + 1 - start;
	uint64_t from = number * places / n, to = (number + 1) * places / n;
	struct state s = { .luck = (enum disk_luck)(number % DISK_LUCKS) };

	s.at = start + from + (to > from ? mix(&random) % (to - from) : 0);
	s.seed = mix(&random);
	return s;
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

/* A history that is followed, and where states of it are made. */
struct cut {
	const char *history;
	enum disk_lie lie;
	struct disk *disk;
	const char *directory;
	struct story told;
};

/* What is run in that state, by a process of its own; with `history`, under the recorder. */
static bool is_good(const struct cut *c, struct state s, const char *history)
{
	pid_t pid;
	int status;

	assert(mkdir(c->directory, 0700) == 0);
	disk_make(c->disk, c->directory, s.luck, s.seed);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		unsigned int n_wrong;

		alarm(PATIENCE_S);
		if (history)
			history_begin(history, c->directory, s.seed % 2);
		n_wrong = history ? check_recovery(c->directory, &c->told)
				  : check_directory(c->directory, &c->told);
		exit(n_wrong ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	assert(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		fprintf(stderr, "  killed by %s\n", strsignal(WTERMSIG(status)));
	assert(nftw(c->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return true;
	fprintf(stderr, "bad: %s %s %zu %s %llu\n", c->history, disk_lie_names[c->lie], s.at,
		disk_luck_names[s.luck], (unsigned long long)s.seed);
	return false;
}

/* Lets it start on that state, cuts that, too, and looks at what comes of it. Where that is bad the
 * history stays. */
static bool is_good_again(const struct cut *c, struct state s, enum disk_lie lie,
			  unsigned long long number)
{
	char history[PATH_MAX];
	struct cut again = {
		.history = history, .lie = lie, .directory = c->directory, .told = c->told
	};
	bool good;

	snprintf(history, sizeof(history), "%s-again-%llu", c->history, number);
	unlink(history);
	good = is_good(c, s, history);
	again.disk = disk_new(history, lie);
	for (uint64_t i = 0; good && i < AGAIN_STATES; i++) {
		struct state after = state_of(again.disk, i, AGAIN_STATES, s.seed);

		after.luck = (enum disk_luck)(after.seed % DISK_LUCKS);
		disk_follow(again.disk, after.at, hear, &again.told);
		good = is_good(&again, after, NULL);
	}
	disk_free(again.disk);
	if (good)
		unlink(history);
	return good;
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
	static struct cut c;
	enum disk_lie again = lie_of(args[2]);
	uint64_t n = strtoull(args[3], NULL, 10), seed = strtoull(args[4], NULL, 10);
	uint64_t share = strtoull(args[5], NULL, 10), shares = strtoull(args[6], NULL, 10);
	unsigned int n_bad = 0, n_good = 0;
	char directory[64];

	assert(history_begin);
	snprintf(directory, sizeof(directory), "%s/state-%s", args[7], args[5]);
	c.history = args[0];
	c.lie = lie_of(args[1]);
	c.directory = directory;
	c.disk = disk_new(c.history, c.lie);
	for (uint64_t i = share; i < n; i += shares) {
		struct state s = state_of(c.disk, i, n, seed);
		bool good;

		disk_follow(c.disk, s.at, hear, &c.told);
		good = is_good(&c, s, NULL);
		if (good && i / shares % AGAIN_EVERY == 0)
			good = is_good_again(&c, s, again, i);
		n_good += good;
		n_bad += !good;
	}
	printf("good %u bad %u\n", n_good, n_bad);
	disk_free(c.disk);
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
	if (!history_note) {
		fprintf(stderr, "nothing is recorded: recorder.so is not preloaded\n");
		return EXIT_FAILURE;
	}
	workload_run(args[0], strcmp(args[1], "relaxed") == 0,
		     (unsigned int)strtoul(args[2], NULL, 10), strtoull(args[3], NULL, 10));
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
		{ "check", 8, check },
		{ "make", 6, make },
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (argc == verbs[i].n_args + 2 && strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argv + 2);
	fprintf(stderr, "usage: power-cut record|check|make ...\n");
	return 2;
}
