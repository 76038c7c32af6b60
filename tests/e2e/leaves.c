
#include <signal.h>
#include <unistd.h>
int main(void)
{
	char *words[] = {"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status", NULL};
	const int number[] = {SIGVTALRM, SIGTRAP};
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < 2; i++) {
		signal(number[i], SIG_IGN);
		sigaddset(&set, number[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	usleep(400000);
	execvp(words[0], words);
	return 1;
}
