// Memory that C++'s own library allocates: which line is it of?
//
// What is allocated stands with it; it says so on standard output.
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#define NOINLINE __attribute__((noinline, noclone))

static char *volatile sink;

NOINLINE static void make_arrays()
{
	for (int i = 0; i < 30; i++)
		sink = new char[1000000];
}

NOINLINE static void make_aligned()
{
	for (int i = 0; i < 20; i++)
		sink = static_cast<char *>(operator new(1000000, std::align_val_t(256)));
}

// The string's buffer is libstdc++'s business, two calls deep.
NOINLINE static void make_strings()
{
	for (int i = 0; i < 25; i++)
		(new std::string())->append(1000000, 'x');
}

NOINLINE static void refuse()
{
	for (int i = 0; i < 1000; i++)
		throw std::runtime_error(std::string(2000, 'x'));
}

int main()
{
	make_arrays();
	make_aligned();
	std::thread(make_strings).join();
	for (int i = 0; i < 100; i++)
		try {
			refuse();
		} catch (const std::exception &) {
		}
	try {
		sink = new char[1ull << 60];
	} catch (const std::bad_alloc &) {
		std::puts("bad_alloc");
	}
	return 0;
}
