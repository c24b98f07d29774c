/* SPDX-License-Identifier: Apache-2.0 */

/* What is counted, the board it is posted on, and the text that comes of it. */

#undef NDEBUG
#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frontend/exposition.h"

#define SLOTS 3

static struct board board;

static void open_board(void)
{
	assert(board_open(&board, SLOTS) == 0);
}

static struct counts_request request_of(const struct grant *g)
{
	return (struct counts_request){
		.grant = g,
		.dialect = S3_DIALECT_S3,
		.status = 200,
		.whole = true,
		.received = 10,
		.sent = 20,
		.answer_ns = NS_PER_MS,
		.ns = 2 * NS_PER_MS,
	};
}

static struct grant grant_of(struct span name, uint8_t id)
{
	struct grant g = { .principal = { .tenant_name = name },
			   .request = { .operation = S3_GET_OBJECT } };

	memset(&g.principal.tenant, id, sizeof(g.principal.tenant));
	return g;
}

static void count(unsigned int slot, const struct grant *g)
{
	struct counts_request r = request_of(g);

	counts_note(board_slot(&board, slot), &r);
}

/* The exposition, NUL-terminated, until the next one. */
static const char *text(void)
{
	static struct buffer b;
	struct exposition e = { .board = &board, .confinement = "full" };

	buffer_clear(&b);
	b = BUFFER_INIT(EXPOSITION_MAX);
	exposition_write(&e, &b);
	buffer_append_byte(&b, '\0');
	assert(buffer_error(&b) == 0);
	return (const char *)b.data;
}

static void expect(const char *line)
{
	char whole[300];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (strstr(text(), whole))
		return;
	fprintf(stderr, "no %s in:\n%s", line, text());
	abort();
}

static void expect_none(const char *part)
{
	assert(!strstr(text(), part));
}

/* --- counting ----------------------------------------------------------------------------- */

static void test_a_request_is_counted_wherever_it_belongs(void)
{
	struct grant g = grant_of(SPAN("acme"), 7);

	open_board();
	count(0, &g);
	expect("coffer_requests_total{operation=\"GetObject\",dialect=\"s3\",status=\"2xx\"} 1");
	expect("coffer_received_bytes_total{operation=\"GetObject\"} 10");
	expect("coffer_sent_bytes_total{operation=\"GetObject\"} 20");
	expect("coffer_request_seconds_bucket{operation=\"GetObject\",le=\"0.001\"} 0");
	expect("coffer_request_seconds_bucket{operation=\"GetObject\",le=\"0.0025\"} 1");
	expect("coffer_request_seconds_bucket{operation=\"GetObject\",le=\"+Inf\"} 1");
	expect("coffer_request_seconds_sum{operation=\"GetObject\"} 0.002");
	expect("coffer_request_seconds_count{operation=\"GetObject\"} 1");
	expect("coffer_answer_seconds_bucket{operation=\"GetObject\",le=\"0.001\"} 1");
	expect("coffer_tenant_requests_total{tenant=\"acme\",status=\"2xx\"} 1");
	expect("coffer_tenant_sent_bytes_total{tenant=\"acme\"} 20");
	expect("coffer_tenant_request_seconds_count{tenant=\"acme\"} 1");
	expect("coffer_requests_aborted_total 0");
	expect_none("operation=\"PutObject\"");
	board_close(&board);
}

static void test_a_request_that_was_not_let_pass_is_nobodys(void)
{
	struct counts_request r = request_of(NULL);

	open_board();
	r.status = 403;
	r.error = S3_ERROR_ACCESS_DENIED;
	r.dialect = S3_DIALECT_REST;
	counts_note(board_slot(&board, 0), &r);
	expect("coffer_requests_total{operation=\"none\",dialect=\"rest\",status=\"4xx\"} 1");
	expect("coffer_errors_total{code=\"AccessDenied\"} 1");
	expect_none("coffer_tenant_requests_total{");
	board_close(&board);
}

static void test_what_a_client_did_not_get_was_not_sent(void)
{
	struct grant g = grant_of(SPAN("acme"), 7);
	struct counts_request r = request_of(&g);

	open_board();
	r.whole = false;
	r.status = 0;
	r.answer_ns = 0;
	counts_note(board_slot(&board, 0), &r);
	expect("coffer_requests_total{operation=\"GetObject\",dialect=\"s3\",status=\"none\"} 1");
	expect("coffer_requests_aborted_total 1");
	expect("coffer_sent_bytes_total{operation=\"GetObject\"} 0");
	expect("coffer_answer_seconds_count{operation=\"GetObject\"} 0");
	board_close(&board);
}

static void test_every_status_has_its_class(void)
{
	static const struct {
		unsigned int status;
		const char *label;
	} cases[] = { { 200, "2xx" }, { 206, "2xx" }, { 304, "3xx" }, { 404, "4xx" },
		      { 500, "5xx" }, { 599, "5xx" }, { 999, "5xx" }, { 100, "none" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct counts_request r = request_of(NULL);
		char line[100];

		open_board();
		r.status = cases[i].status;
		counts_note(board_slot(&board, 0), &r);
		snprintf(line, sizeof(line),
			 "coffer_requests_total{operation=\"none\",dialect=\"s3\",status=\"%s\"} 1",
			 cases[i].label);
		expect(line);
		board_close(&board);
	}
}

static void test_tenants_without_a_place_are_counted_together(void)
{
	char name[COUNTS_TENANT_NAME_MAX + 1];
	unsigned int named = 0;
	size_t total = 0;

	open_board();
	for (unsigned int i = 0; i < 2 * COUNTS_TENANTS_MAX; i++) {
		struct grant g;

		snprintf(name, sizeof(name), "t%u", i);
		g = grant_of(span_from_string(name), 0);
		g.principal.tenant.bytes[0] = (uint8_t)i;
		g.principal.tenant.bytes[1] = (uint8_t)(i >> 8);
		count(0, &g);
	}
	for (const char *at = text(); (at = strstr(at, "\ncoffer_tenant_requests_total{")); at++) {
		unsigned long n = strtoul(strchr(at, '}') + 1, NULL, 10);

		named += !strstr(at, "(other)") || strstr(at, "(other)") > strchr(at, '}');
		total += n;
	}
	assert(named == COUNTS_TENANTS_MAX && total == 2 * COUNTS_TENANTS_MAX);
	board_close(&board);
}

/* --- several workers ---------------------------------------------------------------------- */

static void test_workers_are_added_up(void)
{
	struct grant acme = grant_of(SPAN("acme"), 7), other = grant_of(SPAN("b-corp"), 8);

	open_board();
	count(0, &other);
	count(1, &acme);
	count(2, &acme);
	expect("coffer_requests_total{operation=\"GetObject\",dialect=\"s3\",status=\"2xx\"} 3");
	expect("coffer_tenant_requests_total{tenant=\"acme\",status=\"2xx\"} 2");
	expect("coffer_tenant_requests_total{tenant=\"b-corp\",status=\"2xx\"} 1");
	board_close(&board);
}

/* A tenant that was deleted and made again is another one to authd, and the same to Prometheus. */
static void test_one_name_is_one_series(void)
{
	struct grant before = grant_of(SPAN("acme"), 7), after = grant_of(SPAN("acme"), 9);
	const char *first;

	open_board();
	count(0, &before);
	count(0, &after);
	expect("coffer_tenant_requests_total{tenant=\"acme\",status=\"2xx\"} 2");
	first = strstr(text(), "\ncoffer_tenant_requests_total{tenant=\"acme\"");
	assert(!strstr(first + 1, "\ncoffer_tenant_requests_total{tenant=\"acme\""));
	board_close(&board);
}

static void test_a_slot_outlives_its_worker(void)
{
	struct grant g = grant_of(SPAN("acme"), 7);
	struct counts *slot;

	open_board();
	slot = board_slot(&board, 1);
	count(1, &g);
	meter_set(&slot->now.running, 1);
	meter_set(&slot->now.connections, 5);
	meter_set(&slot->now.in_flight, 4);
	expect("coffer_frontend_workers 1");
	expect("coffer_connections 5");
	counts_vacate(slot);
	expect("coffer_frontend_workers 0");
	expect("coffer_connections 0");
	expect("coffer_requests_in_flight 0");
	count(1, &g);
	expect("coffer_tenant_requests_total{tenant=\"acme\",status=\"2xx\"} 2");
	board_close(&board);
}

/* --- a worker in an attacker's hands ------------------------------------------------------ */

static sigjmp_buf fault;

static void on_fault(int number)
{
	siglongjmp(fault, 1);
}

static bool can_write(void *at)
{
	if (sigsetjmp(fault, 1))
		return false;
	*(volatile uint8_t *)at = *(volatile uint8_t *)at;
	return true;
}

/* In a process of its own. */
static void try_to_write(void)
{
	void *own = board_slot(&board, 1),
	     *others[] = { board_slot(&board, 0), board_slot(&board, 2), board_parent(&board) };
	size_t size = board.slot_size;

	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	board_keep(&board, 1);
	assert(can_write(own) && can_write((uint8_t *)own + size - 1));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert(!can_write(others[i]));
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		void *view = (void *)board_read(&board, slot);

		assert(!can_write(view));
		assert(mprotect(view, size, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
	}
	_exit(0);
}

static void test_t73_a_worker_can_write_into_no_slot_but_its_own(void)
{
	int status;
	pid_t pid;

	open_board();
	pid = fork();
	assert(pid >= 0);
	if (pid == 0)
		try_to_write();
	assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	board_close(&board);
}

static void test_t73_garbage_in_a_slot_is_no_name_and_harms_no_other(void)
{
	struct grant g = grant_of(SPAN("acme"), 7);
	struct counts *bad;

	open_board();
	count(0, &g);
	bad = board_slot(&board, 2);
	memset(bad, 0xff, sizeof(*bad));
	for (size_t i = 0; i < COUNTS_TENANTS_MAX; i++)
		bad->tenants[i].taken = true;
	strcpy(bad->tenants[3].name, "x\"} 1\nforged_total 7\n");
	strcpy(bad->tenants[4].name, "acme");
	meter_set(&bad->tenants[4].requests[COUNTS_2XX], 1000);
	text();
	expect_none("forged_total");
	expect("coffer_scrapes_total{outcome=\"refused\"} 18446744073709551615");
	expect("coffer_tenant_requests_total{tenant=\"acme\",status=\"2xx\"} 1001");
	board_close(&board);
}

/* --- the text ----------------------------------------------------------------------------- */

static void test_every_metric_has_its_head(void)
{
	open_board();
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		char head[100];

		snprintf(head, sizeof(head), "# HELP %s ", metric_rows[m].name);
		assert(strstr(text(), head));
	}
	board_close(&board);
}

/* Those with labels that only happen; every other metric of the frontend's must be there. */
static void test_every_metric_of_the_frontend_is_told(void)
{
	struct grant g = grant_of(SPAN("acme"), 7);
	struct counts_request r = request_of(&g);

	open_board();
	r.error = S3_ERROR_NO_SUCH_KEY;
	counts_note(board_slot(&board, 0), &r);
	counts_limit(board_slot(&board, 0), &g.principal, COUNTS_LIMIT_PARALLEL);
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		char series[100];

		if (!(metric_rows[m].from & METRIC_FROM_FRONTEND))
			continue;
		snprintf(series, sizeof(series), "\n%s%s", metric_rows[m].name,
			 metric_is_histogram(m) ? "_bucket" : "");
		if (!strstr(text(), series)) {
			fprintf(stderr, "no %s\n", series + 1);
			abort();
		}
	}
	board_close(&board);
}

static void test_refusals_by_limits_of_a_tenant_are_told_of_all_workers(void)
{
	struct grant acme = grant_of(SPAN("acme"), 7), other = grant_of(SPAN("other"), 8);

	open_board();
	counts_limit(board_slot(&board, 0), &acme.principal, COUNTS_LIMIT_PARALLEL);
	counts_limit(board_slot(&board, 1), &acme.principal, COUNTS_LIMIT_PARALLEL);
	counts_limit(board_slot(&board, 1), &other.principal, COUNTS_LIMIT_BANDWIDTH);
	assert(strstr(text(), "\ncoffer_limited_total{tenant=\"acme\",limit=\"parallel\"} 2\n"));
	assert(strstr(text(), "\ncoffer_limited_total{tenant=\"other\",limit=\"bandwidth\"} 1\n"));
	assert(!strstr(text(), "tenant=\"acme\",limit=\"bandwidth\""));
	board_close(&board);
}

static void test_labels_are_escaped(void)
{
	struct buffer samples = BUFFER_INIT(1000), b = BUFFER_INIT(EXPOSITION_MAX);
	struct exposition e = { .board = &board, .confinement = "full" };

	open_board();
	sample_put(&samples, METRIC_SWEPT, 3, "a\"b\\c\nd", NULL);
	e.told[LINKS_STORED] = true;
	e.samples[LINKS_STORED] = buffer_span(&samples);
	exposition_write(&e, &b);
	buffer_append_byte(&b, '\0');
	assert(strstr((char *)b.data, "{why=\"a\\\"b\\\\c\\nd\"} 3\n"));
	assert(strstr((char *)b.data, "\ncoffer_up{daemon=\"stored\"} 1\n"));
	assert(strstr((char *)b.data, "\ncoffer_up{daemon=\"authd\"} 0\n"));
	buffer_clear(&samples);
	buffer_clear(&b);
	board_close(&board);
}

int main(void)
{
	test_a_request_is_counted_wherever_it_belongs();
	test_a_request_that_was_not_let_pass_is_nobodys();
	test_what_a_client_did_not_get_was_not_sent();
	test_every_status_has_its_class();
	test_tenants_without_a_place_are_counted_together();
	test_workers_are_added_up();
	test_one_name_is_one_series();
	test_a_slot_outlives_its_worker();
	test_t73_a_worker_can_write_into_no_slot_but_its_own();
	test_t73_garbage_in_a_slot_is_no_name_and_harms_no_other();
	test_every_metric_has_its_head();
	test_every_metric_of_the_frontend_is_told();
	test_refusals_by_limits_of_a_tenant_are_told_of_all_workers();
	test_labels_are_escaped();
	return 0;
}
