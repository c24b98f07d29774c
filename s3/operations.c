/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/operations.h"

#include "s3/errors.h"

const struct s3_operation_row s3_operations[S3_OPERATION_COUNT] = {
#define OPERATION(SYMBOL, symbol, name_, METHOD, LEVEL, selector_, value_, header_, action_,       \
		  ACCESS, BODY)                                                                    \
	[S3_##SYMBOL] = { .name = (name_),                                                         \
			  .selector = (selector_),                                                 \
			  .value = (value_),                                                       \
			  .action = (action_),                                                     \
			  .method = S3_METHOD_##METHOD,                                            \
			  .level = S3_LEVEL_##LEVEL,                                               \
			  .access = S3_ACCESS_##ACCESS,                                            \
			  .body = S3_BODY_##BODY,                                                  \
			  .copy_source = (header_) },
	S3_OPERATIONS(OPERATION)
#undef OPERATION
};

const struct s3_configuration_row s3_configurations[S3_CONFIGURATION_COUNT] = {
#define CONFIGURATION(SYMBOL, subresource_, action_, ERROR, document_)                             \
	[S3_CONFIGURATION_##SYMBOL] = { .subresource = (subresource_),                             \
					.action = (action_),                                       \
					.empty_document = (document_),                             \
					.error = S3_ERROR_##ERROR },
	S3_CONFIGURATIONS(CONFIGURATION)
#undef CONFIGURATION
};
