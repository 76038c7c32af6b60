/* The kinds of waiting; see wait_kind.h. */
#include "recorder/wait_kind.h"

#include <stddef.h>
#include <sys/syscall.h>

static const struct {
	long number;
	const char *kind;
} kinds[] = {
	{-1, "fault"},
	{SYS_futex, "futex"},
	{SYS_nanosleep, "sleep"},
	{SYS_clock_nanosleep, "sleep"},
	{SYS_read, "read"},
	{SYS_pread64, "read"},
	{SYS_readv, "read"},
	{SYS_recvfrom, "read"},
	{SYS_recvmsg, "read"},
	{SYS_accept, "accept"},
	{SYS_accept4, "accept"},
	{SYS_connect, "connect"},
	{SYS_write, "write"},
	{SYS_pwrite64, "write"},
	{SYS_writev, "write"},
	{SYS_sendto, "write"},
	{SYS_sendmsg, "write"},
	{SYS_fsync, "write"},
	{SYS_fdatasync, "write"},
	{SYS_ppoll, "poll"},
	{SYS_pselect6, "poll"},
	{SYS_epoll_pwait, "poll"},
#ifdef SYS_poll /* older architectures have the older calls */
	{SYS_poll, "poll"},
	{SYS_select, "poll"},
	{SYS_epoll_wait, "poll"},
	{SYS_pause, "signal"},
#endif
	{SYS_rt_sigsuspend, "signal"},
	{SYS_rt_sigtimedwait, "signal"},
	{SYS_wait4, "process"},
	{SYS_waitid, "process"},
	{SYS_flock, "lock"},
};

const char *wait_kind(long syscall_number)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].number == syscall_number)
			return kinds[i].kind;
	return "other";
}
