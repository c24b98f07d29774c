/* SPDX-License-Identifier: Apache-2.0 */
#include "client/process.h"

#include "proc.h"

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
		assert(process_is_held(&p) == !strncmp(cases[i].line, "CapBnd", 6));
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

static void test_what_a_process_is_of_is_its_own_name(void)
{
	struct process p;

	PUT(85, "/x/coffer-authd\0--state\0/coffer-stored", CONFINED, 10);
	p = read_one(85);
	assert(process_is_of(&p, "coffer-authd") && !process_is_of(&p, "authd"));
	assert(!process_is_of(&p, "coffer-stored"));
	PUT(86, "coffer-authd", CONFINED, 10);
	p = read_one(86);
	assert(process_is_of(&p, "coffer-authd"));
}

static void test_a_process_of_another_pid_namespace_is_noticed(void)
{
	PUT(87, "coffer-authd", CONFINED "NSpid:\t87\n", 10);
	assert(!read_one(87).is_nested);
	PUT(88, "coffer-authd", CONFINED "NSpid:\t88\t7\nNSpgid:\t1\n", 10);
	assert(read_one(88).is_nested);
	PUT(89, "coffer-authd", CONFINED, 10);
	assert(!read_one(89).is_nested);
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

	proc_begin();
	test_what_the_kernel_says_is_understood();
	test_what_is_missing_of_a_confinement_is_seen();
	test_a_daemon_is_found_by_what_it_was_started_with();
	test_what_a_process_is_of_is_its_own_name();
	test_a_process_of_another_pid_namespace_is_noticed();
	test_arguments_are_listed();
	test_a_replaced_program_is_noticed();
	scratch_clear(&s);
	return 0;
}
