/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/public.h"

#include "policy.h"

#define STATEMENT(effect, principal, condition)                                                    \
	"{'Effect':'" effect "','Action':'s3:PutObject','Resource':'*'," principal                 \
	",'Condition':" condition "}"
#define POLICY(statements)   "{'Version':'2012-10-17','Statement':[" statements "]}"
#define EVERYBODY(condition) POLICY(STATEMENT("Allow", "'Principal':'*'", condition))
#define SOMEBODY	     STATEMENT("Allow", "'Principal':{'AWS':'acme'}", "{}")

static void test_what_is_public(void)
{
	static const struct {
		const char *json;
		bool expected;
	} rows[] = {
		{ EVERYBODY("{}"), true },
		{ POLICY(STATEMENT("Allow", "'Principal':{'AWS':'*'}", "{}")), true },
		{ POLICY(STATEMENT("Allow", "'Principal':{'AWS':['acme','*']}", "{}")), true },
		{ POLICY(STATEMENT("Allow", "'NotPrincipal':{'AWS':'acme'}", "{}")), true },
		{ POLICY(SOMEBODY), false },
		{ POLICY(STATEMENT("Allow", "'Principal':{'AWS':'arn:aws:iam::acme:user/a'}",
				   "{}")),
		  false },
		{ POLICY(STATEMENT("Allow", "'Principal':{'CanonicalUser':'" TEST_CANONICAL "'}",
				   "{}")),
		  false },
		{ POLICY(STATEMENT("Deny", "'Principal':'*'", "{}")), false },
		/* One statement that is makes the policy so; what another denies does not help. */
		{ POLICY(SOMEBODY "," STATEMENT("Allow", "'Principal':'*'", "{}")), true },
		{ POLICY(STATEMENT("Allow", "'Principal':'*'", "{}") "," STATEMENT(
			  "Deny", "'Principal':'*'",
			  "{'NotIpAddress':{'aws:SourceIp':'203.0.113.7'}}")),
		  true },
		/* S3's own examples. */
		{ EVERYBODY("{'StringLike':{'aws:SourceVpc':'vpc-*'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:SourceVpc':'vpc-91237329'}}"), false },
		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':'0.0.0.0/1'}}"), true },

		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}"), false },
		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':'11.0.0.0/8'}}"), false },
		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':'10.0.0.0/7'}}"), true },
		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':['203.0.113.0/24','0.0.0.0/0']}}"),
		  true },
		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':['203.0.113.0/24','2001:db8::/32']}}"),
		  false },
		{ EVERYBODY("{'IpAddress':{'aws:SourceIp':'2001:d00::/24'}}"), true },
		{ EVERYBODY("{'NotIpAddress':{'aws:SourceIp':'203.0.113.7'}}"), true },
		{ EVERYBODY("{'IpAddressIfExists':{'aws:SourceIp':'203.0.113.7'}}"), true },
		{ EVERYBODY("{'IpAddress':{'aws:Referer':'203.0.113.7'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:SourceIp':'203.0.113.7'}}"), true },

		{ EVERYBODY("{'StringEquals':{'aws:PrincipalAccount':['a','b']}}"), false },
		{ EVERYBODY("{'StringEquals':{'aws:PrincipalOrgID':'o-1'}}"), false },
		{ EVERYBODY("{'StringEquals':{'aws:userid':'AIDA'}}"), false },
		{ EVERYBODY("{'StringLike':{'aws:userid':'AIDA'}}"), false },
		{ EVERYBODY("{'StringLike':{'aws:userid':'AROA:*'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:userid':'*'}}"), false },
		/* Everybody is called that who shows no credentials. */
		{ EVERYBODY("{'StringEquals':{'aws:userid':'anonymous'}}"), true },
		{ EVERYBODY("{'StringLike':{'aws:PrincipalAccount':['a','anonymous']}}"), true },
		{ EVERYBODY("{'StringEqualsIgnoreCase':{'aws:userid':'Anonymous'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:userid':'Anonymous'}}"), false },
		{ EVERYBODY("{'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::acme:user/a'}}"),
		  false },
		{ EVERYBODY("{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::acme:user/*'}}"), true },
		{ EVERYBODY("{'ArnLike':{'aws:PrincipalArn':'*'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:userid':'${aws:userid}'}}"), true },
		{ EVERYBODY("{'StringNotEquals':{'aws:userid':'AIDA'}}"), true },
		{ EVERYBODY("{'StringEqualsIfExists':{'aws:userid':'AIDA'}}"), true },
		{ EVERYBODY("{'ForAllValues:StringEquals':{'aws:userid':'AIDA'}}"), true },
		{ EVERYBODY("{'ForAnyValue:StringEquals':{'aws:userid':'AIDA'}}"), false },
		/* Anyone can say these, and anyone may be called that. */
		{ EVERYBODY("{'StringEquals':{'aws:Referer':'http://example.com/'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:username':'alice'}}"), true },
		{ EVERYBODY("{'Bool':{'aws:SecureTransport':'true'}}"), true },
		{ EVERYBODY("{'Null':{'aws:userid':'false'}}"), true },
		{ EVERYBODY("{'StringEquals':{'aws:Referer':'x','aws:userid':'AIDA'}}"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy_document *d =
			test_policy(POLICY_BUCKET, rows[i].json);

		if (policy_is_public(d) != rows[i].expected)
			fprintf(stderr, "%s\n", rows[i].json);
		assert(policy_is_public(d) == rows[i].expected);
	}
}

int main(void)
{
	test_what_is_public();
	return 0;
}
