/* SPDX-License-Identifier: Apache-2.0 */
#include "client/doctor.h"

#include <assert.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "client/config.h"

#define UID_OF(d) (100 + (uid_t)(d))

static struct survey survey;

/* A service with which all is well. */
static void begin(void)
{
	struct survey *s = &survey;

	survey_clear(s);
	*s = (struct survey){ .is_service = true,
			      .landlock_abi = 2,
			      .has_seccomp = true,
			      .clock_state = TIME_OK,
			      .file_system = EXT4_SUPER_MAGIC,
			      .flush_ns = 300000,
			      .n_ports = 2 };
	for (enum daemon d = 0; d < DAEMONS; d++)
		s->daemons[d].process = (struct process){ .pid = 10 + (pid_t)d,
							  .uid = UID_OF(d),
							  .seccomp = PROCESS_FILTERED,
							  .no_new_privs = true };
	for (enum survey_path p = 0; p < SURVEY_PATHS; p++) {
		s->files[p].mode = p < SURVEY_KEY ? S_IFDIR | 0700 : S_IFSOCK | 0660;
		s->files[p].listens = p > SURVEY_KEY;
		snprintf(s->files[p].path, PATH_MAX, "/file/%d", p);
	}
	s->files[SURVEY_AUTH].uid = UID_OF(DAEMON_AUTHD);
	s->files[SURVEY_DATA].uid = UID_OF(DAEMON_STORED);
	s->files[SURVEY_KEY].mode = S_IFREG | 0400;
	s->files[SURVEY_KEY].size = 32;
	assert(address_parse("127.0.0.1:9000", &s->ports[0]));
	assert(address_parse("[::1]:9000", &s->ports[1]));
}

static struct process *process(enum daemon d)
{
	return &survey.daemons[d].process;
}

static struct survey_file *file(enum survey_path p)
{
	return &survey.files[p];
}

/* Each thing that can be wrong: BREAK(name, { what breaks it }). */
#define BREAK(name, ...)                                                                           \
	static void name(struct survey *s)                                                         \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

BREAK(config_is_wrong, s->config_result = CONFIG_WRONG; strcpy(s->config_complaint.error, "x:3");)
BREAK(authd_is_away, s->daemons[DAEMON_AUTHD].result = PROCESS_NONE;)
BREAK(frontend_cannot_be_seen, s->daemons[DAEMON_FRONTEND].result = -EACCES; s->n_ports = 0;)
BREAK(stored_was_replaced, process(DAEMON_STORED)->is_replaced = true;)
BREAK(authd_is_silent, s->admin_error = ETIMEDOUT;)
BREAK(frontend_is_root, process(DAEMON_FRONTEND)->uid = 0;)
BREAK(users_are_shared, process(DAEMON_FRONTEND)->uid = UID_OF(DAEMON_STORED);)
BREAK(no_filter, process(DAEMON_FRONTEND)->seccomp = 0;)
BREAK(new_privileges, process(DAEMON_AUTHD)->no_new_privs = false;)
BREAK(capabilities, process(DAEMON_STORED)->capabilities = 1;)
BREAK(auth_is_missing, file(SURVEY_AUTH)->error = ENOENT;)
BREAK(auth_is_open, file(SURVEY_AUTH)->mode = S_IFDIR | 0710;)
BREAK(data_is_open, file(SURVEY_DATA)->mode = S_IFDIR | 0701;)
BREAK(data_is_anothers, file(SURVEY_DATA)->uid = UID_OF(DAEMON_FRONTEND);)
BREAK(data_is_a_link, file(SURVEY_DATA)->mode = S_IFLNK | 0777;)
BREAK(credentials_are_anothers, file(SURVEY_CREDENTIALS)->uid = UID_OF(DAEMON_AUTHD);)
BREAK(key_is_missing, file(SURVEY_KEY)->error = ENOENT;)
BREAK(key_is_short, file(SURVEY_KEY)->size = 31;)
BREAK(key_is_readable, file(SURVEY_KEY)->mode = S_IFREG | 0440;)
BREAK(key_is_anothers, file(SURVEY_KEY)->uid = UID_OF(DAEMON_AUTHD);)
BREAK(socket_is_missing, file(SURVEY_AUTHD_STORED)->error = ENOENT;)
BREAK(socket_is_a_file, file(SURVEY_STORED_FRONTEND)->mode = S_IFREG | 0600;)
BREAK(socket_is_dead, file(SURVEY_AUTHD_FRONTEND)->listens = false;)
BREAK(admin_socket_is_open, file(SURVEY_AUTHD_ADMIN)->mode = S_IFSOCK | 0666;)
BREAK(operator_socket_is_open, file(SURVEY_STORED_OPERATOR)->mode = S_IFSOCK | 0602;)
BREAK(everybody_can_connect, assert(address_parse(":9000", &s->ports[0]));)
BREAK(lan_can_connect, assert(address_parse("192.0.2.1:9000", &s->ports[1]));)
BREAK(ports_cannot_be_seen, s->ports_error = EACCES;)
BREAK(there_is_no_port, s->n_ports = 0;)
BREAK(no_landlock, s->landlock_abi = -EOPNOTSUPP;)
BREAK(no_seccomp, s->has_seccomp = false;)
BREAK(clock_is_nobodys, s->clock_state = TIME_ERROR;)
BREAK(clock_is_far_off, s->clock_error_us = 61 * 1000000L;)
BREAK(clock_cannot_be_asked, s->clock_state = -EPERM;)
BREAK(tmpfs, s->file_system = TMPFS_MAGIC;)
BREAK(overlay, s->file_system = OVERLAYFS_SUPER_MAGIC;)
BREAK(nfs, s->file_system = NFS_SUPER_MAGIC;)
BREAK(cifs, s->file_system = CIFS_SUPER_MAGIC;)
BREAK(fuse, s->file_system = FUSE_SUPER_MAGIC;)
BREAK(file_system_cannot_be_seen, s->file_system_error = EACCES;)
BREAK(flush_fails, s->flush_error = EIO;)
BREAK(flush_is_no_flush, s->flush_ns = 900;)
BREAK(flush_takes_for_ever, s->flush_ns = 900 * 1000000ULL;)

static const struct {
	const char *check;
	void (*breaks)(struct survey *s);
	const char *said;
} cases[] = {
	{ "configuration", config_is_wrong, "x:3" },
	{ "daemons", authd_is_away, "coffer-authd does not run" },
	{ "daemons", frontend_cannot_be_seen, "coffer-frontend does not run" },
	{ "daemons", stored_was_replaced, "coffer-stored, pid 11, runs a program that was" },
	{ "daemons", authd_is_silent, "does not answer on /file/6: Connection timed out" },
	{ "users", frontend_is_root, "coffer-frontend runs as root" },
	{ "users", users_are_shared, "coffer-stored and coffer-frontend run as the same user" },
	{ "confinement", no_filter, "no filter of system calls is on coffer-frontend" },
	{ "confinement", new_privileges, "coffer-authd could get new privileges" },
	{ "confinement", capabilities, "coffer-stored has capabilities" },
	{ "directories", auth_is_missing, "/file/0: No such file" },
	{ "directories", auth_is_open, "others can get into /file/0: its mode is 0710" },
	{ "directories", data_is_open, "others can get into /file/1: its mode is 0701" },
	{ "directories", data_is_anothers, "/file/1 belongs to user 102, and should to 101" },
	{ "directories", data_is_a_link, "/file/1 is no directory" },
	{ "directories", credentials_are_anothers, "/file/2 belongs to user 100" },
	{ "key of keys", key_is_missing, "/file/3: No such file" },
	{ "key of keys", key_is_short, "/file/3 is no file of 32 bytes" },
	{ "key of keys", key_is_readable, "others can read /file/3: its mode is 0440" },
	{ "key of keys", key_is_anothers, "/file/3 belongs to user 100, and should to 0" },
	{ "sockets", socket_is_missing, "/file/5: No such file" },
	{ "sockets", socket_is_a_file, "/file/7 is no socket" },
	{ "sockets", socket_is_dead, "nobody listens behind /file/4" },
	{ "sockets", admin_socket_is_open, "/file/6 is open to more than it is for" },
	{ "sockets", operator_socket_is_open, "/file/8 is open to more than it is for" },
	{ "ports", everybody_can_connect, "other hosts can reach port 9000" },
	{ "ports", lan_can_connect, "other hosts can reach port 9000" },
	{ "ports", ports_cannot_be_seen, "cannot see where coffer-frontend listens" },
	{ "ports", there_is_no_port, "listens on no port" },
	{ "kernel", no_landlock, "no Landlock" },
	{ "kernel", no_seccomp, "cannot filter" },
	{ "clock", clock_is_nobodys, "nobody keeps" },
	{ "clock", clock_is_far_off, "wrong by 61 s" },
	{ "clock", clock_cannot_be_asked, "cannot ask for the clock: Operation not permitted" },
	{ "file system", tmpfs, "tmpfs" },
	{ "file system", overlay, "overlay" },
	{ "file system", nfs, "NFS" },
	{ "file system", cifs, "CIFS" },
	{ "file system", fuse, "FUSE" },
	{ "file system", file_system_cannot_be_seen, "cannot look at /file/1" },
	{ "flush", flush_fails, "cannot write and flush a file in /file/1: Input/output error" },
	{ "flush", flush_is_no_flush, "takes 900 ns" },
	{ "flush", flush_takes_for_ever, "takes 900 ms" },
};

static size_t count_findings(void)
{
	size_t n = 0;
	json_t *told = doctor_describe(&survey, &n);

	assert(told && json_is_true(json_object_get(told, "ok")) == (n == 0));
	json_decref(told);
	return n;
}

static void test_nothing_is_found_where_all_is_well(void)
{
	begin();
	assert(count_findings() == 0);
}

static void expect_found(const char *name, const char *said)
{
	for (size_t i = 0; i < doctor_check_count; i++) {
		struct findings f = { 0 };

		doctor_checks[i].judge(&survey, &f);
		if (strcmp(doctor_checks[i].name, name) != 0) {
			assert(f.n == 0);
			continue;
		}
		assert(f.n == 1 && strstr(f.v[0].error, said) && f.v[0].hint[0]);
	}
	assert(count_findings() == 1);
}

/* And only by the check that it is for. */
static void test_what_is_wrong_is_found_once(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin();
		cases[i].breaks(&survey);
		expect_found(cases[i].check, cases[i].said);
	}
}

static void test_every_check_can_fail(void)
{
	for (size_t i = 0; i < doctor_check_count; i++) {
		size_t n = 0;

		for (size_t c = 0; c < ARRAY_SIZE(cases); c++)
			n += strcmp(cases[c].check, doctor_checks[i].name) == 0;
		assert(n > 0);
	}
}

static void test_a_port_that_is_meant_is_no_finding(void)
{
	struct complaint why;

	begin();
	assert(address_parse("192.0.2.1:9000", &survey.ports[0]));
	assert(values_add(&survey.values, SETTING_REST, SPAN("192.0.2.1:9001"), NULL, &why) ==
	       VALUES_OK);
	assert(values_add(&survey.values, SETTING_S3, SPAN("127.0.0.1:9000"), NULL, &why) ==
	       VALUES_OK);
	assert(count_findings() == 1);
	assert(values_add(&survey.values, SETTING_S3, SPAN("192.0.2.1:9000"), NULL, &why) ==
	       VALUES_OK);
	assert(count_findings() == 0);
	assert(address_parse("192.0.2.1:9100", &survey.ports[0]));
	assert(count_findings() == 1);
	assert(values_add(&survey.values, SETTING_METRICS, SPAN("192.0.2.1:9100"), NULL, &why) ==
	       VALUES_OK);
	assert(count_findings() == 0);
	survey_clear(&survey);
}

/* Its sockets are for everyone to connect to: it looks at who it is. */
static void test_sockets_of_a_launcher_may_be_open(void)
{
	begin();
	survey.is_service = false;
	for (enum survey_path p = SURVEY_KEY + 1; p < SURVEY_PATHS; p++)
		survey.files[p].mode = S_IFSOCK | 0666;
	assert(count_findings() == 0);
}

static void test_findings_are_printed_with_what_to_do(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	begin();
	survey.clock_state = TIME_ERROR;
	assert(f && doctor_print(&survey, f) == 1 && fclose(f) == 0);
	assert(strstr(text, "ok    daemons\n"));
	assert(strstr(text,
		      "WRONG clock\n      nobody keeps this host's clock right\n      -> run "));
	free(text);
}

static void test_only_a_service_has_its_socket_in_run(void)
{
	struct complaint why = { 0 };

	assert(survey_make(NULL, "/run/../authd-admin.sock/x", NULL, &survey, &why) == -EINVAL);
	assert(survey_make(NULL, "/tmp/authd-admin.sock", NULL, &survey, &why) == -EINVAL);
	assert(strstr(why.hint, "--data DIR"));
	assert(survey_make(NULL, "/run/none@there/authd-admin.sock", NULL, &survey, &why) == 0);
	assert(strcmp(survey.files[SURVEY_KEY].path,
		      "/var/lib/none@there/credentials/keyring-key") == 0);
	assert(strcmp(survey.config, "/etc/none@there/coffer.conf") == 0);
	assert(survey.daemons[DAEMON_AUTHD].result == PROCESS_NONE && survey.admin_error);
	survey_clear(&survey);
}

int main(void)
{
	test_nothing_is_found_where_all_is_well();
	test_what_is_wrong_is_found_once();
	test_every_check_can_fail();
	test_a_port_that_is_meant_is_no_finding();
	test_sockets_of_a_launcher_may_be_open();
	test_findings_are_printed_with_what_to_do();
	test_only_a_service_has_its_socket_in_run();
	return 0;
}
