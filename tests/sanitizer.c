/* SPDX-License-Identifier: ISC */
/*
 * Linked into every program of the sanitizer build: reports go to files, because stderr is the client or
 * /dev/null in most programs under test. tests/run counts a report as a failure.
 */
const char	*__asan_default_options(void);
const char	*__ubsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "log_path=" REPORTS ":exitcode=99:detect_stack_use_after_return=1";
}

const char *
__ubsan_default_options(void)
{
	return "log_path=" REPORTS ":exitcode=99:print_stacktrace=1";
}
