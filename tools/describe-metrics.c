/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Prints docs/metrics.md, or with --json the same for tests, from ipc/metrics.h: what describes the
 * metrics is what shows them.
 */

#include <stdio.h>
#include <string.h>

#include "ipc/metrics.h"

static const char *const kinds[] = {
	[METRIC_KIND_COUNTER] = "counter",
	[METRIC_KIND_GAUGE] = "gauge",
	[METRIC_KIND_TIMES] = "histogram",
	[METRIC_KIND_SIZES] = "histogram",
};

static const char *from(enum metric m)
{
	switch (metric_rows[m].from) {
	case METRIC_FROM_FRONTEND:
		return "frontend";
	case METRIC_FROM_AUTHD:
		return "authd";
	case METRIC_FROM_STORED:
		return "stored";
	case METRIC_FROM_GATES:
		return "frontend, authd";
	case METRIC_FROM_ALL:
		return "all";
	}
	return "?";
}

static void say_json(void)
{
	printf("[");
	for (enum metric m = 0; m < METRIC_COUNT; m++)
		printf("%s\n  {\"name\": \"%s\", \"kind\": \"%s\", \"from\": \"%s\", "
		       "\"labels\": \"%s\"}",
		       m ? "," : "", metric_rows[m].name, kinds[metric_rows[m].kind], from(m),
		       metric_rows[m].labels);
	printf("\n]\n");
}

static void say_bounds(const char *what, enum meter_scale scale)
{
	double unit = scale == METER_SCALE_TIMES ? (double)NS_PER_S : 1;

	printf("- **%s**:", what);
	for (size_t i = 0; i < meter_rows[scale].n; i++)
		printf("%s %g", i ? "," : "", (double)meter_rows[scale].bounds[i] / unit);
	printf("\n");
}

static void say_labels(const char *labels)
{
	struct span rest = span_from_string(labels), one;

	for (bool first = true; rest.len; first = false) {
		rest = span_cut(rest, ',', &one);
		printf("%s`%.*s`", first ? "" : ", ", (int)one.len, (const char *)one.data);
	}
}

static void say_document(void)
{
	printf("# The metrics\n\n"
	       "Expanded from `ipc/metrics.h` by `tools/describe-metrics`; do not edit.\n\n"
	       "`GET /metrics` on the listener for metrics ([running.md](running.md) says where that\n"
	       "is and who may ask) answers in Prometheus' text format. Any worker answers, with the\n"
	       "sum of all workers; authd and stored are asked at that moment. What a worker has\n"
	       "counted outlives it, and counters start from zero with the daemon that counts them.\n\n"
	       "No label ever has a value that a client chose. Upper bounds of the histograms:\n\n");
	say_bounds("seconds", METER_SCALE_TIMES);
	say_bounds("how many", METER_SCALE_SIZES);
	printf("\n| metric | kind | labels | counted by | what it is |\n|---|---|---|---|---|\n");
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		printf("| `%s` | %s | ", metric_rows[m].name, kinds[metric_rows[m].kind]);
		say_labels(metric_rows[m].labels);
		printf(" | %s | %s |\n", from(m), metric_rows[m].help);
	}
}

int main(int argc, char **argv)
{
	if (argc == 1)
		say_document();
	else if (argc == 2 && strcmp(argv[1], "--json") == 0)
		say_json();
	else
		return fprintf(stderr, "usage: describe-metrics [--json]\n"), 2;
	return 0;
}
