/* SPDX-License-Identifier: ISC */
/*
 * Files: read with a bound, replaced whole or not at all, secrets, and locks with a time limit between processes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "tap.h"

#define NAME "file"

static void
put(const char *path, const char *text, size_t len, mode_t mode)
{
	int fd;

	unlink(path);	/* it may be read-only by now */
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) == -1 || write(fd, text, len) != (ssize_t)len ||
	    fchmod(fd, mode) == -1)
		exit(1);
	close(fd);
}

static bool
holds(const char *path, const char *want)
{
	char *text;
	size_t len;
	bool same;

	if (file_read(path, 1000000, &text, &len) != ST_OK)
		return false;
	same = len == strlen(want) && memcmp(text, want, len) == 0;
	free(text);
	return same;
}

/* Entries of the directory, without "." and "..". */
static unsigned
entries(void)
{
	DIR *dir = opendir(".");
	unsigned n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n - 2;
}

static mode_t
mode_of(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 ? sb.st_mode & 07777 : 0;
}

static void
test_read(void)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8192, 100000 };
	static char big[100000];
	char *text;
	size_t i, len;

	memset(big, 'z', sizeof(big));
	for (i = 0; i < COUNT(sizes); i++) {
		put(NAME, big, sizes[i], 0600);
		ok(file_read(NAME, sizes[i], &text, &len) == ST_OK && len == sizes[i] && strlen(text) == len &&
		    memcmp(text, big, len) == 0, "%zu bytes, as many as allowed", sizes[i]);
		free(text);
		if (sizes[i] == 0)
			continue;
		ok(file_read(NAME, sizes[i] - 1, &text, &len) == ST_INVALID && text == NULL && len == 0,
		    "%zu bytes, one too many", sizes[i]);
	}
	ok(file_read("missing", 10, &text, &len) == ST_NOTFOUND && text == NULL, "no such file");
	ok(symlink(NAME, "link") == 0 && file_read("link", 1000000, &text, &len) == ST_SYSTEM && errno == ELOOP,
	    "a symbolic link is not followed");
	ok(file_read(".", 10, &text, &len) == ST_SYSTEM && errno == EISDIR, "a directory");
	put(NAME, "a\0b", 3, 0600);
	ok(file_read(NAME, 10, &text, &len) == ST_OK && len == 3 && memcmp(text, "a\0b", 4) == 0, "NUL bytes stay");
	free(text);
	ok(file_read("/proc/self/stat", 10000, &text, &len) == ST_OK && len > 0, "a file that says its size is 0");
	free(text);
	unlink("link");
	unlink(NAME);
}

static void
test_replace(void)
{
	umask(077);
	ok(file_replace(NAME, "one", 3, 0644) == ST_OK && holds(NAME, "one"), "a new file");
	ok(mode_of(NAME) == 0644, "has the mode asked for, whatever the umask");
	chmod(NAME, 0640);
	ok(file_replace(NAME, "two two", 7, 0600) == ST_OK && holds(NAME, "two two"), "an old one is replaced");
	ok(mode_of(NAME) == 0640, "and keeps its mode");
	ok(file_replace(NAME, "", 0, 0600) == ST_OK && holds(NAME, ""), "by nothing");
	ok(file_replace("./" NAME, "three", 5, 0600) == ST_OK && holds(NAME, "three"), "with a directory in the path");
	ok(entries() == 1, "nothing else is left in the directory");
	umask(022);
}

static void
test_replace_is_atomic(void)
{
	struct stat before, after;
	char old[8] = "";
	int fd;

	ok(file_replace(NAME, "old", 3, 0644) == ST_OK && stat(NAME, &before) == 0, "a file is there");
	fd = open(NAME, O_RDONLY);
	ok(file_replace(NAME, "new", 3, 0644) == ST_OK && stat(NAME, &after) == 0 && before.st_ino != after.st_ino,
	    "another one takes its place");
	ok(read(fd, old, sizeof(old) - 1) == 3 && strcmp(old, "old") == 0, "who has the old one open still reads that");
	close(fd);
}

static void
test_replace_owner(void)
{
	struct stat sb;

	if (geteuid() != 0) {
		ok(true, "owner and group are kept # SKIP not root");
		return;
	}
	if (chown(NAME, 12345, 23456) == -1 || chmod(NAME, 0640) == -1)
		exit(1);
	ok(file_replace(NAME, "mine", 4, 0600) == ST_OK && stat(NAME, &sb) == 0 && sb.st_uid == 12345 &&
	    sb.st_gid == 23456 && (sb.st_mode & 07777) == 0640, "owner and group are kept");
	if (chmod(".", 0777) == -1)
		exit(1);
	if (fork() == 0) {
		if (setgid(1) == -1 || setuid(1) == -1)
			_exit(9);
		_exit(file_replace(NAME, "theirs", 6, 0600) == ST_SYSTEM && errno == EPERM ? 0 : 1);
	}
	int how = -1;
	wait(&how);
	ok(how == 0 && entries() == 1, "who cannot keep the owner does not replace");
	ok(stat(NAME, &sb) == 0 && sb.st_uid == 12345 && holds(NAME, "mine"), "and the old file is untouched");
	if (chmod(".", 0700) == -1 || chown(NAME, 0, 0) == -1)
		exit(1);
}

static void
test_replace_refusals(void)
{
	char name[300];

	put(NAME, "safe", 4, 0600);
	if (symlink(NAME, "link") == -1 || mkdir("dir", 0700) == -1 || mkfifo("fifo", 0600) == -1)
		exit(1);
	ok(file_replace("link", "x", 1, 0600) == ST_SYSTEM && errno == ELOOP, "a symbolic link is not replaced");
	ok(holds(NAME, "safe"), "nor what it points to");
	ok(file_replace("dir", "x", 1, 0600) == ST_SYSTEM, "a directory is not replaced");
	ok(file_replace("fifo", "x", 1, 0600) == ST_SYSTEM && errno == EINVAL, "nor a FIFO");
	ok(file_replace("dir/", "x", 1, 0600) == ST_SYSTEM && errno == EISDIR, "a path without a name");
	ok(file_replace("missing/x", "x", 1, 0600) == ST_SYSTEM && errno == ENOENT, "a directory that is missing");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ok(file_replace(name, "x", 1, 0600) == ST_SYSTEM && errno == ENAMETOOLONG, "a name that is too long");
	unlink("link");
	unlink("fifo");
	rmdir("dir");
	ok(entries() == 1, "no temporary file is left");
}

/* Writing fails half-way: here because of a limit on the size; a full disk takes the same path. */
static void
test_replace_fails(void)
{
	static char big[20000];
	struct rlimit limit, old;

	memset(big, 'b', sizeof(big));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 10000;
	setrlimit(RLIMIT_FSIZE, &limit);
	ok(file_replace(NAME, big, sizeof(big), 0600) == ST_SYSTEM && errno == EFBIG, "writing fails half-way");
	setrlimit(RLIMIT_FSIZE, &old);
	ok(holds(NAME, "safe") && entries() == 1, "the old file is whole and no other is left");
}

static void
test_leftovers(void)
{
	put("." NAME ".a1B2c3", "x", 1, 0600);
	put("." NAME ".short", "x", 1, 0600);
	put("." NAME "2.a1B2c3", "x", 1, 0600);
	put("." NAME ".a1B2c-", "x", 1, 0600);
	file_remove_leftovers(NAME);
	ok(access("." NAME ".a1B2c3", F_OK) == -1, "what a killed replacement left is removed");
	ok(entries() == 4 && holds(NAME, "safe"), "and nothing else");
	unlink("." NAME ".short");
	unlink("." NAME "2.a1B2c3");
	unlink("." NAME ".a1B2c-");
	file_remove_leftovers("missing/" NAME);
	ok(entries() == 1, "a directory that is missing does not matter");
}

static void
test_foreign_leftovers(void)
{
	if (geteuid() != 0) {
		ok(true, "leftovers of other users stay # SKIP not root");
		return;
	}
	put("." NAME ".a1B2c3", "x", 1, 0600);
	if (chown("." NAME ".a1B2c3", 12345, 0) == -1)
		exit(1);
	file_remove_leftovers(NAME);
	ok(unlink("." NAME ".a1B2c3") == 0, "leftovers of other users stay");
	if (mkdir("." NAME ".a1B2c3", 0700) == -1 || symlink(NAME, "." NAME ".d4E5f6") == -1)
		exit(1);
	file_remove_leftovers(NAME);
	ok(rmdir("." NAME ".a1B2c3") == 0 && unlink("." NAME ".d4E5f6") == 0, "and what is no regular file");
}

static void
test_sync(void)
{
	ok(file_sync_directory(NAME) == ST_OK, "the directory here");
	ok(file_sync_directory("/etc") == ST_OK, "the root directory");
	ok(file_sync_directory("missing/x") == ST_SYSTEM && errno == ENOENT, "one that is missing");
}

static const struct {
	const char	*bytes;
	size_t		 len;
	mode_t		 mode;
	enum status	 st;
	const char	*secret;
	const char	*what;
} secrets[] = {
#define TEXT(s) s, sizeof(s) - 1
	{ TEXT("sesame\n"), 0600, ST_OK, "sesame", "a line" },
	{ TEXT("sesame"), 0600, ST_OK, "sesame", "a line without its end" },
	{ TEXT("sesame\nmore\n"), 0400, ST_OK, "sesame", "the first line" },
	{ TEXT("two words \n"), 0600, ST_OK, "two words ", "blanks" },
	{ TEXT("123456789012345\n"), 0600, ST_OK, "123456789012345", "as long as there is room for" },
	{ TEXT("123456789012345"), 0600, ST_OK, "123456789012345", "as long, without its end" },
	{ TEXT("12345678\n0123456789abcdef"), 0600, ST_OK, "12345678", "a long file" },
	{ TEXT("1234567890123456\n"), 0600, ST_INVALID, "", "one byte too long" },
	{ TEXT("1234567890123456"), 0600, ST_INVALID, "", "one byte too long, without its end" },
	{ TEXT(""), 0600, ST_INVALID, "", "nothing" },
	{ TEXT("\nsesame\n"), 0600, ST_INVALID, "", "an empty first line" },
	{ TEXT("ses\0me\n"), 0600, ST_INVALID, "", "a NUL" },
	{ TEXT("sesame\n"), 0640, ST_INVALID, "", "readable by the group" },
	{ TEXT("sesame\n"), 0604, ST_INVALID, "", "readable by others" },
	{ TEXT("sesame\n"), 0620, ST_INVALID, "", "writable by the group" },
};

static void
test_secrets(void)
{
	/* The buffer ends where memory does: what reads or wipes beyond it dies. */
	long page = sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *secret = memory + page - 16;
	size_t i;

	if (memory == MAP_FAILED || mprotect(memory + page, (size_t)page, PROT_NONE) == -1)
		exit(1);
	for (i = 0; i < COUNT(secrets); i++) {
		put(NAME, secrets[i].bytes, secrets[i].len, secrets[i].mode);
		memset(secret, '#', 16);
		ok(file_read_secret(NAME, secret, 16) == secrets[i].st && strcmp(secret, secrets[i].secret) == 0,
		    "a secret: %s", secrets[i].what);
	}
	put(NAME, "sesame\n", 7, 0600);
	ok(file_read_secret("missing", secret, 16) == ST_NOTFOUND && secret[0] == '\0', "no such file");
	ok(symlink(NAME, "link") == 0 && file_read_secret("link", secret, 16) == ST_SYSTEM, "a symbolic link");
	ok(mkfifo("fifo", 0600) == 0 && file_read_secret("fifo", secret, 16) == ST_INVALID, "a FIFO is not waited for");
	ok(file_read_secret(".", secret, 16) == ST_INVALID, "a directory");
	munmap(memory, (size_t)page * 2);
	unlink("link");
	unlink("fifo");
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A process that has the lock for ms milliseconds, or until it is killed; it has it when this returns. */
static pid_t
start_holder(int ms)
{
	int ready[2], fd;
	char byte;
	pid_t pid;

	if (pipe(ready) == -1 || (pid = fork()) == -1)
		exit(1);
	if (pid == 0) {
		if (file_lock("lock", -1, &fd) != ST_OK || write(ready[1], "", 1) != 1)
			_exit(1);
		poll(NULL, 0, ms);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	close(ready[0]);
	return pid;
}

static void
nothing(int number)
{
	(void)number;
}

/* file_lock() with a signal every 5 ms; the test's own calls are left in peace. */
static enum status
lock_interrupted(int wait_ms, int *fd)
{
	const struct sigaction sa = { .sa_handler = nothing };	/* without SA_RESTART */
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { { 0, 0 }, { 0, 0 } };
	enum status st;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	st = file_lock("lock", wait_ms, fd);
	setitimer(ITIMER_REAL, &never, NULL);
	return st;
}

static void
test_locks(void)
{
	double start, took;
	int fd = -1, second = -1;
	pid_t pid;

	umask(077);
	ok(file_lock("lock", 0, &fd) == ST_OK && fd >= 0, "a free lock is to be had at once");
	umask(022);
	ok(mode_of("lock") == 0660, "its file has mode 0660, whatever the umask");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "it is not inherited over exec");
	ok(file_lock("lock", 0, &second) == ST_BUSY && second == -1, "nobody else gets it");
	file_unlock_fd(fd);
	ok(file_lock("lock", 0, &second) == ST_OK, "but after it was unlocked");
	ok(file_lock_fd(fd, 0) == ST_BUSY, "and then not the first one");
	close(second);
	ok(file_lock_fd(fd, 0) == ST_OK, "but after it was closed");
	close(fd);

	pid = start_holder(60000);
	start = seconds();
	ok(file_lock("lock", 150, &fd) == ST_BUSY && fd == -1, "another process has it");
	took = seconds() - start;
	ok(took >= 0.15 && took < 2, "150 ms were waited: %.3f s", took);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(file_lock("lock", 0, &fd) == ST_OK, "a killed process has it no longer");
	close(fd);

	pid = start_holder(60000);
	start = seconds();
	ok(lock_interrupted(150, &fd) == ST_BUSY, "interrupted all the time");
	took = seconds() - start;
	ok(took >= 0.15 && took < 2, "150 ms were waited all the same: %.3f s", took);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pid = start_holder(100);
	ok(lock_interrupted(-1, &fd) == ST_OK, "no time limit: had in the end, interrupted or not");
	close(fd);
	waitpid(pid, NULL, 0);
	pid = start_holder(100);
	ok(lock_interrupted(10000, &fd) == ST_OK, "had within the limit");
	close(fd);
	waitpid(pid, NULL, 0);
	unlink("lock");
}

static void
test_lock_refusals(void)
{
	int fd = 7;

	ok(symlink("elsewhere", "link") == 0 && file_lock("link", 0, &fd) == ST_SYSTEM && fd == -1 &&
	    access("elsewhere", F_OK) == -1, "a symbolic link is no lock, and what it points to is not made");
	ok(file_lock("missing/lock", 0, &fd) != ST_OK && fd == -1, "a directory that is missing");
	ok(file_lock_fd(-1, 0) == ST_SYSTEM && errno == EBADF, "no descriptor");
	ok(file_lock_fd(-1, -1) == ST_SYSTEM && errno == EBADF, "no descriptor, no limit");
	unlink("link");
}

int
main(void)
{
	char dir[] = "/tmp/test_file.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1 || freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	test_read();
	test_replace();
	test_replace_is_atomic();
	test_replace_owner();
	test_replace_refusals();
	test_replace_fails();
	test_leftovers();
	test_foreign_leftovers();
	test_sync();
	test_secrets();
	test_locks();
	test_lock_refusals();
	unlink(NAME);
	ok(entries() == 0, "the directory is empty");
	if (chdir("/") == -1 || rmdir(dir) == -1)
		return 1;
	return done_testing();
}
