/* sync-verify: what differs in a listing of all there is.  Reads no configuration. */
#include "plan/pure.h"
#include "plan/verify.h"

int
main(int argc, char *argv[])
{
	return pure_main(argc, argv, "sync-verify", verify_run);
}
