/* `prec ctl`: speaking to a prec that records. */
#ifndef PREC_CTL_H
#define PREC_CTL_H

/* argv[0] is "ctl". Returns the exit code. */
int ctl_main(int argc, char **argv);

#endif
