/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Prints docs/operations.md from the rows of s3/operations.h: what describes the operations is what
 * matches requests to them.
 */

#include <stdio.h>

#include "s3/errors.h"
#include "s3/operations.h"

static const char *const methods[S3_METHOD_COUNT] = {
	[S3_METHOD_GET] = "GET",   [S3_METHOD_HEAD] = "HEAD",	  [S3_METHOD_PUT] = "PUT",
	[S3_METHOD_POST] = "POST", [S3_METHOD_DELETE] = "DELETE",
};

static const char *path(enum s3_level level)
{
	switch (level) {
	case S3_LEVEL_SERVICE:
		return "/";
	case S3_LEVEL_BUCKET:
		return "/bucket";
	case S3_LEVEL_OBJECT:
		return "/bucket/key";
	}
	return "";
}

static const char *body(enum s3_body b)
{
	switch (b) {
	case S3_BODY_NONE:
		return "none";
	case S3_BODY_COMMAND:
		return "a document";
	case S3_BODY_OBJECT:
		return "the object";
	}
	return "";
}

static void say_operation(const struct s3_operation_row *row)
{
	printf("| %s | `%s %s", row->name, methods[row->method], path(row->level));
	if (*row->selector)
		printf("?%s", row->selector);
	if (*row->value)
		printf("%s%s", *row->value == '&' ? "" : "=", row->value);
	printf("`%s | `%s` | %s | %s |\n", row->copy_source ? " with x-amz-copy-source" : "",
	       row->action, row->access == S3_ACCESS_READ ? "reads" : "writes", body(row->body));
}

static void say_configuration(const struct s3_configuration_row *row)
{
	printf("| `%s` | `%s` | ", row->subresource, row->action);
	if (*row->empty_document)
		printf("an empty `%s` |\n", row->empty_document);
	else
		printf("%u `%s` |\n", s3_errors[row->error].status, s3_errors[row->error].code);
}

int main(void)
{
	printf("# Operations\n\n"
	       "<!-- Made by tools/describe-operations from s3/operations.h: do not edit. -->\n\n"
	       "A request is the first of these that its method, path, query and headers fit.\n"
	       "With virtual-host addressing the bucket stands in `Host`, and the path begins\n"
	       "behind it. A subresource of S3 that no row names is answered `NotImplemented`,\n"
	       "a method that no row has for a path `MethodNotAllowed`; parameters that are no\n"
	       "subresources and mean nothing here are ignored.\n\n"
	       "| operation | request | action | | body |\n"
	       "|---|---|---|---|---|\n");
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++)
		say_operation(&s3_operations[i]);
	printf("\n## Configuration of a bucket\n\n"
	       "`<configuration>` above is one of these. They cannot be set yet, and the answer "
	       "is\n"
	       "the one that S3 gives where nothing is set.\n\n"
	       "| subresource | action | answer |\n"
	       "|---|---|---|\n");
	for (unsigned int i = 0; i < S3_CONFIGURATION_COUNT; i++)
		say_configuration(&s3_configurations[i]);
	return fflush(stdout) ? 1 : 0;
}
