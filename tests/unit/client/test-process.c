/* SPDX-License-Identifier: Apache-2.0 */
#include "client/process.h"

#include "scratch.h"

#define CONFINED                                                                                   \
	"Name:\tcoffer-authd\nUid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t8\nCapInh:\t0000000000000000\n"     \
	"CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"        \
	"CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"

static const char *ticks(uint64_t seconds, char buf[static 32])
{
	snprintf(buf, 32, "%llu", (unsigned long long)(seconds * (uint64_t)sysconf(_SC_CLK_TCK)));
	return buf;
}

static void put_process(int pid, const char *args, size_t args_len, const char *status,
			uint64_t started_s)
{
	char path[64], stat[256], start[32];
	FILE *f;

	snprintf(path, sizeof(path), "%d", pid);
	assert(mkdir(path, 0755) == 0 || access(path, F_OK) == 0);
	snprintf(path, sizeof(path), "%d/cmdline", pid);
	f = fopen(path, "w");
	assert(f && fwrite(args, 1, args_len, f) == args_len && fclose(f) == 0);
	snprintf(path, sizeof(path), "%d/status", pid);
	scratch_write(path, status, 0644);
	snprintf(path, sizeof(path), "%d/stat", pid);
	snprintf(stat, sizeof(stat), "%d (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %s 0\n",
		 pid, ticks(started_s, start));
	scratch_write(path, stat, 0644);
}

#define PUT(pid, args, status, started_s) put_process(pid, args, sizeof(args), status, started_s)

static struct process read_one(int pid)
{
	struct process p = { 0 };

	assert(process_read(".", pid, &p) == PROCESS_OK);
	return p;
}

static void test_what_the_kernel_says_is_understood(void)
{
	struct process p;

	PUT(70, "/x/coffer-authd\0--state\0/d", CONFINED, 40);
	p = read_one(70);
	assert(p.pid == 70 && p.uid == 7 && p.gid == 8 && p.uptime_s == 60);
	assert(process_is_confined(&p) && !p.is_replaced);
	assert(process_read(".", 71, &p) == PROCESS_NONE);
}

static void test_what_is_missing_of_a_confinement_is_seen(void)
{
	static const struct {
		const char *line, *instead;
	} cases[] = {
		{ "Seccomp:\t2", "Seccomp:\t1" },
		{ "NoNewPrivs:\t1", "NoNewPrivs:\t0" },
		{ "CapInh:\t0000000000000000", "CapInh:\t0000000000000001" },
		{ "CapPrm:\t0000000000000000", "CapPrm:\t8000000000000000" },
		{ "CapEff:\t0000000000000000", "CapEff:\t0000000000000400" },
		{ "CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff" },
		{ "CapAmb:\t0000000000000000", "CapAmb:\t0000000000000002" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char status[] = CONFINED;
		struct process p;

		memcpy(strstr(status, cases[i].line), cases[i].instead, strlen(cases[i].instead));
		PUT(72, "coffer-authd", status, 0);
		p = read_one(72);
		assert(!process_is_confined(&p));
	}
}

static void test_a_daemon_is_found_by_what_it_was_started_with(void)
{
	struct process p;

	PUT(80, "/x/coffer-stored\0--data\0/a/data", CONFINED, 10);
	PUT(81, "/x/coffer-stored\0--data\0/b/data", CONFINED, 10);
	PUT(82, "/x/coffer-stored\0--data\0/b/data", CONFINED, 50);
	PUT(83, "/x/not-coffer-stored\0--data\0/c/data", CONFINED, 10);
	PUT(84, "/x/coffer-stored\0/d/data\0--data", CONFINED, 10);
	assert(process_find(".", "coffer-stored", "--data", "/a/data", &p) == PROCESS_OK);
	assert(p.pid == 80);
	assert(process_find(".", "coffer-stored", "--data", "/b/data", &p) == PROCESS_OK);
	assert(p.pid == 81);
	assert(process_find(".", "coffer-stored", "--data", "/c/data", &p) == PROCESS_NONE);
	assert(process_find(".", "coffer-stored", "--data", "/d/data", &p) == PROCESS_NONE);
}

static void test_arguments_are_listed(void)
{
	struct process p;
	const char *first, *second;

	PUT(90, "coffer-authd\0--domain\0a\0--domain\0b\0--region", CONFINED, 0);
	p = read_one(90);
	first = process_argument(&p, "--domain", NULL);
	assert(strcmp(first, "a") == 0);
	second = process_argument(&p, "--domain", first);
	assert(strcmp(second, "b") == 0);
	assert(!process_argument(&p, "--domain", second));
	assert(!process_argument(&p, "--region", NULL) && !process_argument(&p, "--state", NULL));
}

static void test_a_replaced_program_is_noticed(void)
{
	PUT(95, "coffer-authd", CONFINED, 0);
	assert(symlink("/usr/lib/coffer-authd (deleted)", "95/exe") == 0);
	assert(read_one(95).is_replaced);
}

int main(void)
{
	struct scratch s = scratch_make();

	scratch_write("uptime", "100.50 1.0\n", 0644);
	test_what_the_kernel_says_is_understood();
	test_what_is_missing_of_a_confinement_is_seen();
	test_a_daemon_is_found_by_what_it_was_started_with();
	test_arguments_are_listed();
	test_a_replaced_program_is_noticed();
	scratch_clear(&s);
	return 0;
}
