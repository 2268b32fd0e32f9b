/*
 * The reference count and the lock of a kernel object, in one word: Sources/MachKernel/SharedHeader.swift, on the
 * memory of Sources/MachKernel/ObjectPool.swift. See README.md.
 */

#ifndef MUTANT
#define MUTANT 0
#endif

/* Scenario 1: a port or set, whose memory is of the pool. Scenario 2: a space or task, whose memory is freed. */
#ifndef SCENARIO
#if MUTANT == 6 || MUTANT == 7
#define SCENARIO 2
#else
#define SCENARIO 1
#endif
#endif

/* The word. The lower half is the futex word; bit 3 is its first unused one, so that a carry would show. */
#define HELD 1
#define AWAITED 2
#define DEAD 4
#define UNUSED 8
#define LOWER 15
#define REFERENCE 16

/* Threads that start with a reference each, how often each takes the lock, and all threads. */
#if SCENARIO == 1
#define OWNERS 2
#define ROUNDS 1
#define THREADS 4
#elif SCENARIO == 2
#define OWNERS 3
#define ROUNDS 2
#define THREADS 3
#endif
#define NOBODY 7

byte word = OWNERS * REFERENCE;
bool isThere = true;   /* the object is not in the pool, or freed */
byte life = 0;         /* which object the memory holds: stepped when it is freed */
byte holder = NOBODY;  /* who is between lock and unlock */
bool asleep[4];  /* in FUTEX_WAIT */
byte done = 0;         /* threads that have ended */

/* A step on the word by a thread that owns a reference: the object must be the one that it refers to. */
#define owned assert(isThere && life == mine)

inline enter() {
  assert(holder == NOBODY);
  holder = _pid
}

/* FUTEX_WAIT: compares and falls asleep in one step. (It may return for nothing, too: see lock.pml.) */
inline sleep_on_word(seen) {
  atomic {
    if
#if MUTANT == 2 /* it sleeps whatever the word is */
    :: true -> asleep[_pid] = true
#else
    :: (word & LOWER) == (seen) -> asleep[_pid] = true
    :: else
#endif
    fi
  };
  !asleep[_pid]
}

/* FUTEX_WAKE of one, whichever it is. */
inline wake_one() {
  if
  :: asleep[0] -> asleep[0] = false
  :: asleep[1] -> asleep[1] = false
  :: asleep[2] -> asleep[2] = false
  :: asleep[3] -> asleep[3] = false
  :: else
  fi
}

/* lock(), lockSlowly(). A spin that fails leaves no trace; one that succeeds is the first step. */
inline lock() {
  atomic { old = word; word = word | HELD; if :: !(old & HELD) -> enter() :: else fi };
  do
  :: !(old & HELD) -> break
  :: else ->
     atomic {
       old = word;
#if MUTANT == 1 /* who has slept does not say that others may */
       word = word | HELD | (old & HELD -> AWAITED : 0);
#else
       word = word | HELD | AWAITED;
#endif
       if :: !(old & HELD) -> enter() :: else fi
     };
     if
     :: !(old & HELD)
     :: else -> sleep_on_word((old & LOWER) | AWAITED)
     fi
  od
}

/* tryLock() */
inline try_lock() {
  atomic { old = word; word = word | HELD; if :: !(old & HELD) -> enter() :: else fi }
}

#if SCENARIO == 1
/* unlockLasting(adding:), which leaves the new word in `new`, and handOn(). */
inline unlock(change) {
  atomic {
    assert(holder == _pid && (word & HELD));
    old = word;
    new = old + (change) - HELD;
    assert(!(new & UNUSED));
    word = new;
    holder = NOBODY
  };
  if
  :: old & AWAITED ->
     word = word & (255 - AWAITED);
#if MUTANT != 5 /* the mark goes, and no one is woken */
     atomic { wake_one(); old = 0 }
#endif
  :: else
  fi
}
#else
/* unlock(): a look at the word, then one step. Only the address is used after that. */
inline unlock(change) {
  old = word;
  atomic {
    assert(holder == _pid && (word & HELD) && isThere);
    seen = word;
#if MUTANT == 6 /* the mark goes in a step of its own */
    word = word - HELD + (change);
#else
    word = word - HELD - (old & AWAITED) + (change);
#endif
    assert(!(word & UNUSED));
    new = word;
    holder = NOBODY
  };
#if MUTANT == 6
  atomic { if :: old & AWAITED -> assert(isThere); word = word & (255 - AWAITED) :: else fi };
#endif
#if MUTANT == 7 /* it trusts its look */
  atomic { if :: old & AWAITED -> wake_one() :: else fi; old = 0; seen = 0 }
#else
  atomic { if :: seen & AWAITED -> wake_one() :: else fi; old = 0; seen = 0 }
#endif
}
#endif

/* What has lost its last reference goes back to the pool, once: revive(). In scenario 2 it is freed. */
inline free() {
  atomic { assert(isThere && word / REFERENCE == 0); new = word & DEAD };
#if SCENARIO == 1
#if MUTANT == 3 /* a new header, as if no one knew the memory */
  word = REFERENCE;
#else
  word = word + REFERENCE - new;
#endif
  assert(!(word & DEAD) && word / REFERENCE == 1);
#endif
  give()
}

/* One reference is left, and no one has a way to it: vanish(). */
inline vanish() {
  owned;
  unlock(0);
  give()
}

inline give() {
  atomic {
    assert(isThere);
    isThere = false;
    life++
  }
}

/* A thread that begins with a reference, does what one can do with it, and gives it back. */
inline use() {
  do
#if SCENARIO == 1
  :: references < 2 -> atomic { owned; references++; word = word + REFERENCE } /* retain() */
  :: references > 1 ->
     atomic { references--; owned; word = word - REFERENCE; assert(word / REFERENCE > 0) } /* releaseLast() */
#endif
  :: references == 1 ->
     atomic { references--; owned; word = word - REFERENCE; new = word };
     if :: new / REFERENCE == 0 -> free() :: else fi;
     break
  :: rounds > 0 ->
     rounds--;
     lock();
     owned;
     if
     :: unlock(0)
#if SCENARIO == 1
     :: references < 2 -> references++; unlock(REFERENCE)   /* unlockRetaining() */
     :: references > 0 ->                                   /* unlockReleasing() */
        references--;
#if MUTANT == 4 /* the count first, then the lock */
        atomic { word = word - REFERENCE; new = word };
        if
        :: new / REFERENCE == 0 -> unlock(0); free(); break
        :: else -> owned; unlock(0)
        fi;
        if :: references == 0 -> break :: else fi
#else
        unlock(0 - REFERENCE);
        if
        :: new / REFERENCE == 0 -> free()
        :: else
        fi;
        if :: references == 0 -> break :: else fi
#endif
     :: references == 1 && word / REFERENCE == 1 -> references--; vanish(); break
#endif
     fi
  od
}

active [OWNERS] proctype Owner() {
  byte old, new, seen, mine = 0, references = 1, rounds = ROUNDS;
  use();
  done++
}

#if SCENARIO == 1
/* A look-up that was late: it locks what may be free by now, or another object, and touches nothing but the word. */
active proctype Stale() {
  byte old, new;
  if
  :: lock(); unlock(0)
  :: try_lock(); if :: !(old & HELD) -> unlock(0) :: else fi
  fi;
  done++
}

/* The memory's next lives: take(), and either a death or an end that no one notices. */
active proctype Heir() {
  byte old, new, mine, lives = 2;
  do
  :: lives > 0 ->
     lives--;
     (!isThere);
     atomic { isThere = true; mine = life; assert(!(word & DEAD) && word / REFERENCE == 1) };
     lock();
     owned;
     if
     :: vanish()
     :: unlock(DEAD); /* unlockDead() */
        assert(word & DEAD);
        atomic { owned; word = word - REFERENCE; new = word };
        assert(new / REFERENCE == 0);
        free()
     fi
  :: lives == 0 -> break
  od;
  done++
}
#endif

/* Whoever sleeps for ever is an invalid end state. A mark may be left that came too late. */
active proctype Ending() {
  atomic {
    (done == THREADS);
#if SCENARIO == 1
    assert(!isThere && life == 3 && holder == NOBODY && (word & (255 - AWAITED)) == REFERENCE)
#else
    assert(!isThere && life == 1 && holder == NOBODY && (word & (255 - AWAITED)) == 0)
#endif
  }
}
