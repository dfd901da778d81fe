// The only program of the guest: it uses memory, checks every word that it reads, says what it found, and powers off.
//
// No libc: the kernel's own calls, static, position independent. Its argument is how many MiB it uses; the last line
// that it prints is the verdict that `dormouse linux` waits for.

enum { SYS_openat = 56, SYS_close = 57, SYS_write = 64, SYS_reboot = 142, SYS_munmap = 215, SYS_mmap2 = 222 };
enum { PAGE = 4096, CHUNK = 1 << 20, MOST = 256 };

typedef unsigned int word;

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall"
                   : "+r"(a0)
                   : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                   : "memory");
  return a0;
}

// Lines go to the kernel's log, which prints each at once; a terminal would wait for its timer.
static char line[128];
static word line_length;

static void say(const char *text) {
  for (; *text; text++) {
    if (line_length < sizeof line) line[line_length++] = *text;
    if (*text == '\n') {
      call(SYS_write, 0, (long)line, line_length, 0, 0, 0);
      line_length = 0;
    }
  }
}

static void say_number(word value) {
  char digits[11];
  int at = 10;
  digits[at] = 0;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  say(digits + at);
}

static void say_hex(word value) {
  char digits[11] = "0x";
  for (int i = 0; i < 8; i++) digits[2 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
  digits[10] = 0;
  say(digits);
}

static void __attribute__((noreturn)) power_off(void) {
  // LINUX_REBOOT_CMD_POWER_OFF
  call(SYS_reboot, (long)0xfee1dead, 672274793, 0x4321fedc, 0, 0, 0);
  for (;;) {
  }
}

static void __attribute__((noreturn)) fail(const char *step, volatile word *at, word found, word wanted) {
  say("init: ");
  say(step);
  say(": word at ");
  say_hex((word)at);
  say(" is ");
  say_hex(found);
  say(", not ");
  say_hex(wanted);
  say("\ninit: verdict fail\n");
  power_off();
}

// What a word holds while it is in use: it tells its place.
static word pattern(volatile word *at) { return ((word)at ^ 0x5bd1e995u) * 0x9e3779b1u | 1; }

static void check_zero(const char *step, volatile word *from, word bytes) {
  for (word i = 0; i < bytes / 4; i++) {
    word found = from[i];
    if (found) fail(step, from + i, found, 0);
  }
}

static volatile word *map(void) {
  // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
  long at = call(SYS_mmap2, 0, CHUNK, 3, 0x22, -1, 0);
  if (at < 0 && at > -4096) {
    say("init: no memory\ninit: verdict fail\n");
    power_off();
  }
  return (volatile word *)at;
}

static void __attribute__((used, noreturn)) start(const long *stack) {
  volatile word *chunks[MOST];
  word count = 0;
  // argc, argv[0], argv[1], 0
  if (stack[0] > 1) {
    for (const char *digit = (const char *)stack[2]; *digit >= '0' && *digit <= '9'; digit++) {
      count = 10 * count + (word)(*digit - '0');
    }
  }
  if (count == 0) count = 2;
  if (count > MOST) count = MOST;

  // AT_FDCWD, O_WRONLY; the console that the kernel has opened makes room for it.
  call(SYS_close, 0, 0, 0, 0, 0, 0);
  if (call(SYS_openat, -100, (long)"/dev/kmsg", 1, 0, 0, 0) != 0) power_off();
  say("init: up\n");
  for (word i = 0; i < count; i++) {
    chunks[i] = map();
    check_zero("fresh memory", chunks[i], CHUNK);
  }
  say("init: allocated ");
  say_number(count);
  say(" MiB, zero\n");

  for (word i = 0; i < count; i++) {
    for (word j = 0; j < CHUNK / 4; j++) chunks[i][j] = pattern(chunks[i] + j);
  }
  for (word i = 0; i < count; i++) {
    for (word j = 0; j < CHUNK / 4; j++) {
      word found = chunks[i][j], wanted = pattern(chunks[i] + j);
      if (found != wanted) fail("written memory", chunks[i] + j, found, wanted);
    }
  }
  say("init: written and read\n");

  // Every second page is cleared; its neighbours keep what they hold.
  for (word i = 0; i < count; i++) {
    for (word page = 0; page < CHUNK; page += 2 * PAGE) {
      for (word j = 0; j < PAGE / 4; j++) chunks[i][page / 4 + j] = 0;
    }
  }
  for (word i = 0; i < count; i++) {
    for (word page = 0; page < CHUNK; page += 2 * PAGE) {
      check_zero("cleared page", chunks[i] + page / 4, PAGE);
      volatile word *kept = chunks[i] + (page + PAGE) / 4;
      for (word j = 0; j < PAGE / 4; j++) {
        if (kept[j] != pattern(kept + j)) fail("kept page", kept + j, kept[j], pattern(kept + j));
      }
    }
  }
  say("init: every second page cleared\n");

  // And becomes a copy of its neighbour.
  for (word i = 0; i < count; i++) {
    for (word page = 0; page < CHUNK; page += 2 * PAGE) {
      volatile word *to = chunks[i] + page / 4, *from = to + PAGE / 4;
      for (word j = 0; j < PAGE / 4; j++) to[j] = from[j];
    }
  }
  for (word i = 0; i < count; i++) {
    for (word page = 0; page < CHUNK; page += 2 * PAGE) {
      volatile word *to = chunks[i] + page / 4, *from = to + PAGE / 4;
      for (word j = 0; j < PAGE / 4; j++) {
        if (to[j] != pattern(from + j)) fail("copied page", to + j, to[j], pattern(from + j));
      }
    }
  }
  say("init: copied\n");

  // What was given back is zero when it comes again.
  for (word i = 0; i < count; i++) call(SYS_munmap, (long)chunks[i], CHUNK, 0, 0, 0, 0);
  for (word i = 0; i < count; i++) check_zero("memory given back", map(), CHUNK);
  say("init: given back and taken again\ninit: verdict pass\n");
  power_off();
}

__asm__(
    ".global _start\n"
    "_start:\n"
    "  mv a0, sp\n"
    "  tail start\n");
