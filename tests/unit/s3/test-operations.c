/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/operations.h"

#undef NDEBUG
#include <assert.h>

#include "s3/errors.h"
#include "s3/headers.h"
#include "s3/route.h"

static struct span string(const char *s)
{
	return span_from_string(s);
}

/* What the matcher looks up while it matches must exist. */
static void test_selectors_are_names_that_are_known(void)
{
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++) {
		const struct s3_operation_row *row = &s3_operations[i];

		if (!*row->selector || *row->selector == '<')
			continue;
		if (*row->value == '&')
			assert(s3_param_find(string(row->value + 1)) != S3_PARAM_COUNT);
		/* One that selects by being there must be refused where no row wants it. */
		if (!*row->value || *row->value == '&')
			assert(route_subresource(string(row->selector)));
		else
			assert(s3_param_find(string(row->selector)) != S3_PARAM_COUNT);
	}
}

static void test_every_operation_has_its_name_and_an_action(void)
{
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++) {
		assert(!strncmp(s3_operations[i].action, "s3:", 3));
		for (unsigned int j = 0; j < i; j++)
			assert(strcmp(s3_operations[i].name, s3_operations[j].name));
	}
}

/* A row below one that fits all it fits would never be reached. */
static void test_the_more_particular_stand_first(void)
{
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++) {
		for (unsigned int j = 0; j < i; j++) {
			const struct s3_operation_row *a = &s3_operations[j];
			const struct s3_operation_row *b = &s3_operations[i];

			assert(a->method != b->method || a->level != b->level ||
			       strcmp(a->selector, b->selector) || strcmp(a->value, b->value) ||
			       a->copy_source != b->copy_source);
			assert(a->method != b->method || a->level != b->level || *a->selector ||
			       !*b->selector);
		}
	}
}

static void test_only_writing_takes_a_body(void)
{
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++)
		assert(s3_operations[i].body == S3_BODY_NONE ||
		       s3_operations[i].access == S3_ACCESS_WRITE);
}

static void test_a_configuration_has_a_document_or_an_error(void)
{
	for (unsigned int i = 0; i < S3_CONFIGURATION_COUNT; i++) {
		const struct s3_configuration_row *row = &s3_configurations[i];

		assert((row->error == S3_ERROR_NONE) == (*row->empty_document != '\0'));
		assert(row->error == S3_ERROR_NONE || s3_errors[row->error].status == 404);
	}
}

static void test_errors_are_complete(void)
{
	assert(!s3_errors[S3_ERROR_NONE].code && !s3_errors[S3_ERROR_NONE].status);
	for (unsigned int i = S3_ERROR_NONE + 1; i < S3_ERROR_COUNT; i++) {
		assert(*s3_errors[i].code && *s3_errors[i].message);
		assert(s3_errors[i].status >= 300 && s3_errors[i].status < 600);
	}
}

int main(void)
{
	test_selectors_are_names_that_are_known();
	test_every_operation_has_its_name_and_an_action();
	test_the_more_particular_stand_first();
	test_only_writing_takes_a_body();
	test_a_configuration_has_a_document_or_an_error();
	test_errors_are_complete();
	return 0;
}
