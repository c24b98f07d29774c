/* SPDX-License-Identifier: Apache-2.0 */

/* The audit log: files that only grow, and what is in them of orders and denials. */

#undef NDEBUG
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "authd/audit/audit.h"
#include "authd/orders/order.h"
#include "base/fd.h"
#include "base/log.h"
#include "clerk.h"

/* --- the file ----------------------------------------------------------------------------- */

static const struct auditfile_limits wide = { 1000, 3 }, narrow = { 10, 3 };
static char directory[] = "/tmp/authd-audit-XXXXXX";

static void begin(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	assert(mkdtemp(directory));
}

static void end(void)
{
	DIR *d = opendir(directory);
	const struct dirent *e;

	while ((e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert(rmdir(directory) == 0);
}

static struct auditfile *open_it(const struct auditfile_limits *limits)
{
	struct auditfile *f;

	assert(auditfile_open(directory, "audit", limits, &f) == 0);
	return f;
}

/* A file, NUL-terminated and until the next one, or NULL. */
static const char *contents_of(const char *of, const char *name)
{
	static char text[64 * 1024];
	char path[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", of, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert(n >= 0);
	text[n] = '\0';
	return text;
}

static const char *contents(const char *name)
{
	return contents_of(directory, name);
}

static void test_lines_are_appended_over_restarts(void)
{
	struct auditfile *f;
	struct stat st;

	begin();
	for (int i = 0; i < 3; i++) {
		f = open_it(&wide);
		assert(auditfile_append(f, SPAN("one\n"), false) == 0);
		assert(auditfile_append(f, SPAN("two\n"), true) == 0);
		auditfile_close(f);
	}
	assert(strcmp(contents("audit.1.log"), "one\ntwo\none\ntwo\none\ntwo\n") == 0);
	assert(stat(directory, &st) == 0 && !contents("audit.2.log"));
	end();
}

static void test_it_is_its_owners_alone(void)
{
	char path[200];
	struct stat st;

	begin();
	auditfile_close(open_it(&wide));
	snprintf(path, sizeof(path), "%s/audit.1.log", directory);
	assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	end();
}

static void test_a_full_file_is_followed_by_the_next_and_the_oldest_goes(void)
{
	struct auditfile *f;
	char line[20];

	begin();
	f = open_it(&narrow);
	for (int i = 1; i <= 10; i++) {
		snprintf(line, sizeof(line), "line %d\n", i);
		assert(auditfile_append(f, span_from_string(line), true) == 0);
	}
	assert(!contents("audit.1.log") && !contents("audit.2.log"));
	assert(strcmp(contents("audit.3.log"), "line 5\nline 6\n") == 0);
	assert(strcmp(contents("audit.5.log"), "line 9\nline 10\n") == 0);
	assert(!contents("audit.6.log"));
	auditfile_close(f);
	/* The next process goes on with the last, and knows the oldest. */
	f = open_it(&narrow);
	assert(auditfile_append(f, SPAN("line 11\n"), true) == 0);
	assert(!contents("audit.3.log") && strcmp(contents("audit.6.log"), "line 11\n") == 0);
	auditfile_close(f);
	end();
}

static void test_other_files_are_left_alone(void)
{
	static const char *const others[] = { "audit.log", "audit.01.log", "audit.9.log.gz",
					      "audit.x.log", "denials.7.log" };
	struct auditfile *f;
	char path[200];

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, others[i]);
		fd_close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	f = open_it(&narrow);
	for (int i = 0; i < 20; i++)
		assert(auditfile_append(f, SPAN("0123456789\n"), false) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert(strcmp(contents(others[i]), "") == 0);
	assert(contents("audit.20.log"));
	auditfile_close(f);
	end();
}

static void test_a_line_that_a_crash_has_cut_stays_by_itself(void)
{
	struct auditfile *f;
	char path[200];
	int fd;

	begin();
	snprintf(path, sizeof(path), "%s/audit.1.log", directory);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert(write(fd, "whole\n{\"ev", 10) == 10);
	close(fd);
	f = open_it(&wide);
	assert(auditfile_append(f, SPAN("next\n"), true) == 0);
	assert(strcmp(contents("audit.1.log"), "whole\n{\"ev\nnext\n") == 0);
	auditfile_close(f);
	end();
}

/* As on a full disk: the file may have so many bytes and no more. */
static void limit_files(rlim_t bytes)
{
	struct rlimit l;

	assert(getrlimit(RLIMIT_FSIZE, &l) == 0);
	l.rlim_cur = bytes;
	assert(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

static void test_what_does_not_fit_is_not_there_by_half(void)
{
	struct auditfile *f;

	begin();
	f = open_it(&wide);
	assert(auditfile_append(f, SPAN("fits\n"), true) == 0);
	limit_files(8);
	assert(auditfile_append(f, SPAN("does not\n"), true) == -EFBIG);
	assert(strcmp(contents("audit.1.log"), "fits\n") == 0);
	limit_files(RLIM_INFINITY);
	assert(auditfile_append(f, SPAN("again\n"), true) == 0);
	assert(strcmp(contents("audit.1.log"), "fits\nagain\n") == 0);
	auditfile_close(f);
	end();
}

/* In place of libc's, in all of this process. */
static int file_flush_error, directory_flush_error;

static int flush(int fd, long call, int error)
{
	errno = error;
	return error ? -1 : (int)syscall(call, fd);
}

int fdatasync(int fd)
{
	return flush(fd, SYS_fdatasync, file_flush_error);
}

int fsync(int fd)
{
	struct stat st;

	assert(fstat(fd, &st) == 0);
	return flush(fd, SYS_fsync, S_ISDIR(st.st_mode) ? directory_flush_error : 0);
}

static void test_a_failed_flush_is_final_whatever_it_is_called(void)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT };
	struct auditfile *f;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		begin();
		f = open_it(&wide);
		assert(auditfile_append(f, SPAN("durable\n"), true) == 0);
		file_flush_error = errors[i];
		assert(auditfile_append(f, SPAN("who knows\n"), true) == -errors[i]);
		file_flush_error = 0;
		assert(auditfile_append(f, SPAN("after\n"), true) == -EIO);
		assert(auditfile_append(f, SPAN("after\n"), false) == -EIO);
		assert(!strstr(contents("audit.1.log"), "after"));
		auditfile_close(f);
		/* A restart reads anew what the disk has. */
		f = open_it(&wide);
		assert(auditfile_append(f, SPAN("restarted\n"), true) == 0);
		auditfile_close(f);
		end();
	}
}

static void test_a_file_whose_name_may_be_lost_is_not_written_to(void)
{
	struct auditfile *f;

	begin();
	f = open_it(&narrow);
	assert(auditfile_append(f, SPAN("0123456789\n"), true) == 0);
	directory_flush_error = ENOSPC;
	assert(auditfile_append(f, SPAN("next\n"), true) == -ENOSPC);
	directory_flush_error = 0;
	assert(auditfile_append(f, SPAN("next\n"), true) == -EIO);
	assert(strcmp(contents("audit.1.log"), "0123456789\n") == 0);
	assert(strcmp(contents("audit.2.log"), "") == 0);
	auditfile_close(f);
	f = open_it(&narrow);
	assert(auditfile_append(f, SPAN("restarted\n"), true) == 0);
	assert(strcmp(contents("audit.2.log"), "restarted\n") == 0);
	auditfile_close(f);
	end();
}

static void test_a_link_in_its_place_is_not_followed(void)
{
	char path[200], target[200];
	struct auditfile *f;

	begin();
	snprintf(path, sizeof(path), "%s/audit.1.log", directory);
	snprintf(target, sizeof(target), "%s/target", directory);
	assert(symlink(target, path) == 0);
	assert(auditfile_open(directory, "audit", &wide, &f) == -ELOOP);
	end();
}

/* --- what is in it ------------------------------------------------------------------------ */

static struct office office;

/* The file of orders, or of denials, once everything has been written. */
static const char *kept(const char *name)
{
	for (int i = 0; i < 100 && writer_waiting(office.authd.writer); i++)
		assert(authd_step(&office.authd, 10) == 0);
	return contents_of(office.directory, name);
}

/* How many lines have all of these in them. */
static unsigned int count_lines(const char *text, const char *a, const char *b, const char *c)
{
	unsigned int n = 0;

	while (*text) {
		const char *line_end = strchr(text, '\n');
		char line[RECORD_MAX + 1];

		assert(line_end && (size_t)(line_end - text) < sizeof(line));
		memcpy(line, text, (size_t)(line_end - text));
		line[line_end - text] = '\0';
		n += strstr(line, a) && strstr(line, b) && strstr(line, c);
		text = line_end + 1;
	}
	return n;
}

/* Every line is one JSON object with a time. */
static void expect_sound(const char *text)
{
	while (*text) {
		const char *line_end = strchr(text, '\n');
		json_t *o =
			json_loadb(text, (size_t)(line_end - text), JSON_REJECT_DUPLICATES, NULL);

		assert(o && json_is_string(json_object_get(o, "time")) &&
		       json_is_string(json_object_get(o, "event")));
		json_decref(o);
		text = line_end + 1;
	}
}

static bool order(const char *line)
{
	json_t *answer = clerk_ask(&office, line);
	bool ok = json_is_true(json_object_get(answer, "ok"));

	json_decref(answer);
	return ok;
}

static void test_an_order_is_there_before_it_is_done_and_so_is_its_outcome(void)
{
	const char *text;

	office_open(&office);
	assert(order("{\"do\":\"tenant.create\",\"name\":\"beta\",\"email\":\"b@x\"}"));
	text = kept("audit.1.log");
	expect_sound(text);
	assert(count_lines(text, "{\"event\":\"order\",\"time\":",
			   "\"do\":\"tenant.create\",\"uid\":4242,\"pid\":4343,\"name\":\"beta\"",
			   "\"email\":\"b@x\"") == 1);
	assert(count_lines(text, "{\"event\":\"outcome\"", "\"do\":\"tenant.create\"",
			   "\"outcome\":\"done\"") == 1);
	assert(strstr(text, "\"event\":\"order\"") < strstr(text, "\"event\":\"outcome\""));
	office_close(&office);
}

static void test_what_is_refused_or_only_read_is_there_too(void)
{
	const char *text;

	office_open(&office);
	assert(order("{\"do\":\"key.list\"}"));
	assert(!order("{\"do\":\"key.delete\",\"access_key\":\"NOBODY\"}"));
	assert(!order("{\"do\":\"everything\"}"));
	assert(!order("no json"));
	text = kept("queries.1.log");
	expect_sound(text);
	assert(count_lines(text, "order", "key.list", "\"outcome\":\"done\"") == 1);
	assert(count_lines(text, "order", "\"do\":\"-\"", "\"outcome\":\"refused\"") == 2);
	text = kept("audit.1.log");
	assert(!strstr(text, "key.list"));
	assert(count_lines(
		       text, "outcome", "key.delete",
		       "\"outcome\":\"refused\",\"error\":\"There is no access key NOBODY.\"") ==
	       1);
	office_close(&office);
}

static void test_t42_no_secret_is_in_it(void)
{
	static const char *const secrets[] = { "wJalrXUtnFEMI", "stolen-secret", "cft_hidden",
					       "pasted-into-the-wrong-field" };
	json_t *made, *key;
	const char *text;

	office_open(&office);
	assert(order("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"GIVEN\","
		     "\"secret_key\":\"wJalrXUtnFEMI\"}"));
	assert(!order("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"GIVEN\","
		      "\"secret_key\":\"stolen-secret\"}"));
	assert(!order("{\"do\":\"key.create\",\"tenant\":\"pasted-into-the-wrong-field!\"}"));
	order("{\"do\":\"token.show\",\"token\":\"cft_hidden\"}");
	made = clerk_ask(&office, "{\"do\":\"key.create\",\"tenant\":\"acme\"}");
	text = kept("audit.1.log");
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		assert(!strstr(text, secrets[i]));
	assert(!strstr(kept("queries.1.log"), "cft_hidden"));
	text = kept("audit.1.log");
	key = json_object_get(made, "key");
	assert(!strstr(text, json_string_value(json_object_get(key, "secret_key"))));
	/* But which key was made, that is. */
	assert(count_lines(text, "outcome", "\"outcome\":\"done\",\"key\":\"",
			   json_string_value(json_object_get(key, "access_key"))) == 1);
	json_decref(made);
	office_close(&office);
}

/* Orders what needs a bucket, which stored has. */
static void order_with_bucket(int stored, const char *line)
{
	int fd = clerk_connect(&office);
	struct ipc_message m;

	clerk_say(&office, fd, line, strlen(line));
	clerk_say(&office, fd, "\n", 1);
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_PROVIDE);
	m = (struct ipc_message){ .number = IPC_PROVIDED, .provided.order = m.provide.order };
	office_send(stored, &m);
	assert(strstr(clerk_hear(&office, fd), "\"ok\":true"));
	close(fd);
	office_settle(&office);
}

#define FOREIGN(name, digit)                                                                       \
	"{\"name\":\"" name "\",\"expires\":null,\"hash\":\"" digit                                \
	"123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}"
#define IMPORT "{\"do\":\"token.import\",\"tenant\":\"acme\",\"tokens\":["

static void test_every_imported_token_is_named_be_it_the_only_one(void)
{
	struct ipc_hash key;
	const char *text;
	uint64_t epoch;
	int stored;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	order_with_bucket(stored, IMPORT FOREIGN("alone", "a") "]}");
	order_with_bucket(stored, IMPORT FOREIGN("one", "b") "," FOREIGN("two", "c") "]}");
	/* One that is made here is named by its order. */
	order_with_bucket(stored, "{\"do\":\"token.create\",\"tenant\":\"acme\","
				  "\"token_name\":\"made\",\"ttl_days\":1}");
	text = kept("audit.1.log");
	expect_sound(text);
	assert(count_lines(text, "\"event\":\"token-imported\"", "\"tenant\":\"acme\"",
			   "\"token_name\":\"alone\"") == 1);
	assert(count_lines(text, "token-imported", "\"token_name\":\"one\"", "") == 1);
	assert(count_lines(text, "token-imported", "\"token_name\":\"two\"", "") == 1);
	assert(count_lines(text, "token-imported", "", "") == 3);
	close(stored);
	office_close(&office);
}

/* As long as one can be, of what is longest in a record: control characters, and no ASCII. */
static bool long_order(const char *rest)
{
	static char line[16 * 1024];
	char *to = stpcpy(line, "{\"do\":\"token.create\",\"tenant\":\"nobody\","
				"\"ttl_days\":1,\"token_name\":\"");

	for (int i = 0; i < TOKEN_NAME_MAX / 2; i++)
		to = stpcpy(to, "\xc2\x80");
	to = stpcpy(to, "\",\"scopes\":[\"read\"");
	for (int i = 0; i < 250; i++)
		to = stpcpy(to, ",\"read\"");
	to = stpcpy(to, "],\"prefix\":\"");
	for (int i = 0; i < S3_KEY_MAX; i++)
		to = stpcpy(to, "\\u0001");
	stpcpy(stpcpy(to, "\""), rest);
	return order(line);
}

static void test_what_came_of_an_order_is_told_however_long_it_was(void)
{
	const char *said;

	office_open(&office);
	office_log_begin();
	assert(!long_order("}") && !long_order(",\"rate\":0}"));
	said = office_log_end();
	assert(strstr(said, "\\x01...\" outcome=refused error=\"There is no tenant nobody.\"\n"));
	said = kept("audit.1.log");
	expect_sound(said);
	assert(count_lines(said, "\"prefix\":\"\\u0001", "\\u0001...\"", "") == 2);
	assert(count_lines(said, "\\u0001...\",\"outcome\":\"refused\",\"error\":",
			   "\"rate must be a whole number from 1 to 1000000.\"}", "") == 1);
	office_close(&office);
}

/* Whole characters up to 256 bytes. */
static void test_a_long_value_is_cut_between_characters(void)
{
	char line[1024] = "{\"do\":\"token.create\",\"tenant\":\"nobody\",\"ttl_days\":1,"
			  "\"token_name\":\"x\",\"prefix\":\"a",
	     shown[300] = "\"prefix\":\"a";

	office_open(&office);
	for (int i = 0; i < 128; i++)
		strcat(line, "\xc3\xa9");
	for (int i = 0; i < 127; i++)
		strcat(shown, "\xc3\xa9");
	assert(!order(strcat(line, "\"}")));
	assert(count_lines(kept("audit.1.log"), "order", strcat(shown, "...\""), "") == 1);
	office_close(&office);
}

/* As `cofferctl policy get` shows it, or jq -c makes it of what was given. */
static void test_of_a_policy_there_is_what_tells_it_from_others(void)
{
	static const char put[] =
		"{\"do\":\"policy.put\",\"tenant\":\"acme\",\"user\":\"nobody\",\"policy\":"
		"\"{ \\\"Statement\\\" : [ ]\\n}\"}";

	office_open(&office);
	assert(!order(put));
	assert(count_lines(kept("audit.1.log"), "\"event\":\"order\"",
			   "\"policy_sha256\":\"701f12e2a45641932e7716b160cc43c240755a8790dc94ac5af17eb9dc4d261f\",\"policy_length\":16", "") == 1);
	assert(!strstr(kept("audit.1.log"), "Statement"));
	office_close(&office);
}

/* T42: what is no setting, or none of its values, may be a secret. */
static void test_t42_of_settings_only_right_ones_are_there(void)
{
	static const char *const wrong[] = {
		"{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"],\"hidden-name\":[\"x\"]}"
		"}",
		"{\"do\":\"reload\",\"settings\":{\"keyring-key\":[\"hidden-value\"]}}",
		"{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"hidden-value\"]}}",
	};
	const char *said;

	office_open(&office);
	office_log_begin();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert(!order(wrong[i]));
	said = office_log_end();
	assert(strstr(said, "do=reload") && !strstr(said, "hidden") && !strstr(said, "settings="));
	said = kept("audit.1.log");
	assert(count_lines(said, "order", "reload", "\"outcome\":\"refused\"") == 3);
	assert(!strstr(said, "hidden") && !strstr(said, "\"settings\""));
	assert(order("{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"]}}"));
	assert(strstr(kept("audit.1.log"), "\"settings\":\"{\\\"request-rate\\\":[\\\"3\\\"]}\""));
	office_close(&office);
}

/* A program that looks at the status each second must not push out what was changed. */
static void test_what_only_asks_is_kept_by_itself(void)
{
	office_open(&office);
	for (int i = 0; i < 10; i++)
		assert(order("{\"do\":\"status\"}"));
	assert(strcmp(kept("audit.1.log"), "") == 0);
	assert(count_lines(kept("queries.1.log"), "status", "", "") == 10);
	office_close(&office);
}

static void test_without_an_audit_log_nothing_is_changed(void)
{
	json_t *answer;

	office_open(&office);
	assert(order("{\"do\":\"tenant.create\",\"name\":\"before\"}"));
	kept("audit.1.log");
	limit_files(1);
	answer = clerk_ask(&office, "{\"do\":\"tenant.create\",\"name\":\"lost\"}");
	assert(json_is_false(json_object_get(answer, "ok")));
	assert(strstr(json_string_value(json_object_get(answer, "error")),
		      "Nothing was done, because the audit log cannot be written"));
	json_decref(answer);
	/* What changes nothing is answered, or nobody could look what is wrong. */
	assert(order("{\"do\":\"status\"}"));
	kept("audit.1.log");
	limit_files(RLIM_INFINITY);
	assert(!keyring_find_tenant(office.authd.keyring, SPAN("lost")));
	assert(office.authd.audit.n_lost > 0);
	assert(order("{\"do\":\"tenant.create\",\"name\":\"after\"}"));
	office_close(&office);
}

static void dropped(struct change *c)
{
	change_free(c);
}

/* As many changes as there may be; none comes back before the loop turns. */
static void crowd_the_writer(void)
{
	for (size_t n = writer_waiting(office.authd.writer); n < WRITER_QUEUE_MAX; n++) {
		struct change *c = calloc(1, sizeof(*c));

		assert(c);
		*c = (struct change){ .kind = CHANGE_AUDIT,
				      .file = office.authd.audit.orders,
				      .done = dropped };
		assert(writer_submit(office.authd.writer, c) == WRITER_OK);
	}
}

static void test_an_order_in_a_crowd_may_come_again(void)
{
	static const struct order_waiter nobody = { .uid = CLERK_UID };
	struct order *under_way = NULL;
	json_t *answer;

	office_open(&office);
	crowd_the_writer();
	answer = order_give(&office.authd, SPAN("{\"do\":\"tenant.create\",\"name\":\"late\"}"),
			    -1, &nobody, &under_way);
	assert(!under_way && json_is_false(json_object_get(answer, "ok")));
	assert(json_is_true(json_object_get(answer, "again")));
	json_decref(answer);
	kept("audit.1.log");
	assert(!keyring_find_tenant(office.authd.keyring, SPAN("late")));
	office_close(&office);
}

static void test_what_came_of_an_order_is_kept_though_authd_ends(void)
{
	static const struct order_waiter nobody = { .uid = CLERK_UID };
	struct order *under_way = NULL;
	const char *text;

	office_open(&office);
	assert(!order_give(&office.authd, SPAN("{\"do\":\"tenant.create\",\"name\":\"last\"}"),
			   -1, &nobody, &under_way) &&
	       under_way);
	office_restart(&office);
	text = kept("audit.1.log");
	assert(count_lines(text, "\"event\":\"order\"", "tenant.create", "last") == 1);
	assert(count_lines(text, "\"event\":\"outcome\"", "tenant.create", "\"outcome\":") == 1);
	office_close(&office);
}

static void test_where_only_the_journal_is_wanted_there_is_no_file(void)
{
	office_open(&office);
	office.options.audit = AUDIT_JOURNAL;
	office_restart(&office);
	assert(!audit_is_kept(&office.authd.audit));
	assert(order("{\"do\":\"tenant.create\",\"name\":\"beta\"}"));
	assert(strcmp(kept("audit.1.log"), "") == 0);
	office_close(&office);
}

static void ask_unsigned(int fd, uint64_t call)
{
	struct ipc_message m = { .number = IPC_ASK,
				 .ask = { .call = call,
					  .request_id = 0xab0000 + call,
					  .peer = SPAN("192.0.2.7"),
					  .method = SPAN("DELETE"),
					  .target = SPAN("/a-private-path"),
					  .fields = SPAN("") } };

	office_send(fd, &m);
}

static void test_denials_are_kept_by_themselves_and_are_bounded(void)
{
	struct ipc_message m;
	struct ipc_hash key;
	struct ipc_id channel;
	uint64_t epoch;
	const char *text;
	int stored, worker;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	worker = office_worker_ready(&office, &channel);
	for (uint64_t i = 0; i < 3 * DENIALS_BURST; i++) {
		ask_unsigned(worker, i);
		assert(office_receive(&office, worker, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
		assert(m.number == IPC_DENIED);
	}
	text = kept("denials.1.log");
	expect_sound(text);
	assert(count_lines(text, "{\"event\":\"denied\"", "\"id\":\"0000000000AB0000\"",
			   "\"error\":\"AccessDenied\",\"credential\":\"unknown\"") == 1);
	assert(count_lines(text, "denied", "192.0.2.7", "") >= DENIALS_BURST);
	assert(count_lines(text, "denied", "", "") < 3 * DENIALS_BURST);
	assert(!strstr(text, "a-private-path"));
	assert(strcmp(kept("audit.1.log"), "") == 0);
	close(worker);
	close(stored);
	office_close(&office);
}

static void say_refused(int stored, uint64_t untold)
{
	struct ipc_message m = { .number = IPC_REFUSED,
				 .refused = { .request_id = 0xab,
					      .error = S3_ERROR_ACCESS_DENIED,
					      .operation = S3_GET_OBJECT,
					      .credential = SPAN("AKOTHER"),
					      .peer = SPAN("192.0.2.7"),
					      .bucket = SPAN("shared"),
					      .untold = untold } };

	office_send(stored, &m);
	office_settle(&office);
}

static void test_what_stored_refuses_is_there_as_its_word(void)
{
	struct ipc_hash key;
	uint64_t epoch;
	const char *text;
	int stored;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	say_refused(stored, 0);
	say_refused(stored, 7);
	text = kept("denials.1.log");
	expect_sound(text);
	assert(count_lines(text, "{\"event\":\"denied\"",
			   "\"id\":\"00000000000000AB\",\"error\":\"AccessDenied\",\"credential\":"
			   "\"AKOTHER\",\"held_back\":0,\"by\":\"stored\",\"operation\":"
			   "\"GetObject\",\"bucket\":\"shared\"",
			   "\"peer\":\"192.0.2.7\"") == 1);
	assert(count_lines(text, "\"held_back\":7,\"by\":\"stored\"", "", "") == 1);
	for (int i = 0; i < 3 * DENIALS_BURST; i++)
		say_refused(stored, 1);
	assert(count_lines(kept("denials.1.log"), "denied", "", "") < 3 * DENIALS_BURST);
	close(stored);
	office_close(&office);
}

static void test_t70_a_refusal_that_means_nothing_is_a_violation(void)
{
	static const struct ipc_refused wrong[] = {
		{ .error = S3_ERROR_NONE },
		{ .error = S3_ERROR_COUNT },
		{ .error = S3_ERROR_ACCESS_DENIED, .operation = S3_OPERATION_COUNT },
	};
	struct ipc_hash key;
	uint64_t epoch;

	office_open(&office);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		int stored = office_stored_ready(&office, &epoch, &key);

		office_send(stored, &(struct ipc_message){ .number = IPC_REFUSED,
							   .refused = wrong[i] });
		assert(office_hung_up(&office, stored));
		close(stored);
	}
	assert(strcmp(kept("denials.1.log"), "") == 0);
	office_close(&office);
}

/* A disk that stands still makes records wait; administrators' must find room behind them. */
static void test_denials_that_wait_are_bounded_and_the_lost_are_counted(void)
{
	struct record r;

	office_open(&office);
	for (unsigned int i = 0; i < AUDIT_NOTES_MAX + 10; i++) {
		audit_say_denial(&r, "denied");
		audit_note_denial(&office.authd.audit, &r);
	}
	assert(office.authd.audit.n_lost == 10);
	assert(count_lines(kept("denials.1.log"), "denied", "", "") == AUDIT_NOTES_MAX);
	audit_say_denial(&r, "again");
	audit_note_denial(&office.authd.audit, &r);
	assert(count_lines(kept("denials.1.log"), "again", "", "") == 1);
	office_close(&office);
}

static void test_places_have_names(void)
{
	enum audit_place p = AUDIT_FILE;

	assert(audit_place_parse("journal", &p) && p == AUDIT_JOURNAL);
	assert(audit_place_parse("file", &p) && p == AUDIT_FILE);
	assert(!audit_place_parse("", &p) && !audit_place_parse("none", &p));
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	test_lines_are_appended_over_restarts();
	test_it_is_its_owners_alone();
	test_a_full_file_is_followed_by_the_next_and_the_oldest_goes();
	test_other_files_are_left_alone();
	test_a_line_that_a_crash_has_cut_stays_by_itself();
	test_what_does_not_fit_is_not_there_by_half();
	test_a_failed_flush_is_final_whatever_it_is_called();
	test_a_file_whose_name_may_be_lost_is_not_written_to();
	test_a_link_in_its_place_is_not_followed();
	test_an_order_is_there_before_it_is_done_and_so_is_its_outcome();
	test_what_is_refused_or_only_read_is_there_too();
	test_t42_no_secret_is_in_it();
	test_what_came_of_an_order_is_told_however_long_it_was();
	test_a_long_value_is_cut_between_characters();
	test_of_a_policy_there_is_what_tells_it_from_others();
	test_t42_of_settings_only_right_ones_are_there();
	test_every_imported_token_is_named_be_it_the_only_one();
	test_what_only_asks_is_kept_by_itself();
	test_without_an_audit_log_nothing_is_changed();
	test_an_order_in_a_crowd_may_come_again();
	test_what_came_of_an_order_is_kept_though_authd_ends();
	test_where_only_the_journal_is_wanted_there_is_no_file();
	test_denials_are_kept_by_themselves_and_are_bounded();
	test_what_stored_refuses_is_there_as_its_word();
	test_t70_a_refusal_that_means_nothing_is_a_violation();
	test_denials_that_wait_are_bounded_and_the_lost_are_counted();
	test_places_have_names();
	return 0;
}
