package io.redoubt.server.migrate;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.client.RequestQueue;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.RepeatedWait;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.HeldKeys;
import io.redoubt.server.memory.Region;
import io.redoubt.server.migrate.MovedKey.State;
import io.redoubt.server.value.Values;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A MIGRATE in progress, which sends its keys in slices. Requests that would change one of the keys
 * wait; all others are executed. A key is sent after its payload has been written. Other changes,
 * by expiry or by a script with undeclared keys, can't be held back. If one occurs before the key
 * is sent, the payload is written anew; afterwards, the migration fails and the key stays.
 *
 * <p>As in Redis, the migration continues when the client disconnects; otherwise a key that the
 * target has taken would exist on both servers.
 */
public final class KeyMigration extends RepeatedWait
    implements TargetConnection.User, HeldKeys.Holder {
  static final CommandError NO_CONNECTION =
      new CommandError("IOERR error or timeout connecting to the client");
  static final CommandError NOT_WRITTEN =
      new CommandError("IOERR error or timeout writing to target instance");
  static final CommandError NOT_READ =
      new CommandError("IOERR error or timeout reading to target instance");
  private static final CommandError CHANGED =
      new CommandError("IOERR a key was changed while it was migrated");

  private static final byte[] PROGRESS =
      RequestEncoder.encode("CLIENT", "CAPA", "restore-progress");
  private static final int MAX_QUEUED_BYTES = 256 << 10;
  private static final long NANOS_A_MILLI = 1_000_000;
  private static final long RETRY_MILLIS = 5;

  private final MigrateOptions options;
  private final KeyMigrations owner;
  private final Call call;
  private final Values values;
  private final Database database;
  private final String address;
  private final boolean inCluster;
  private final long[] hashes;
  private final List<MovedKey> keys = new ArrayList<>();
  private final List<MovedKey> sent = new ArrayList<>();
  private @Nullable TargetConnection target;
  private @Nullable Cancellable timer;
  private @Nullable RestoreRequest restore;
  private boolean isFromPool;
  private boolean touched;
  private boolean completing;
  private boolean over;

  /** The number of keys still waiting, and the index of the first. */
  private int waiting;

  private int next;
  private int preludeReplies;
  private int introduction;
  private int replies;
  private @Nullable String refusal;
  private @Nullable String firstError;
  private @Nullable CommandError failure;
  private @Nullable OutOfMemoryError full;
  private boolean decided;
  private long activeNanos;
  private long waitingBytes;

  KeyMigration(Call call, MigrateOptions options, KeyMigrations owner) {
    super(call);
    this.call = call;
    this.options = options;
    this.owner = owner;
    values = call.values();
    database = call.database();
    inCluster = call.isInCluster();
    address = options.host() + ":" + options.port();
    HeldKeys held = values.keyspace().held();
    hashes = new long[options.keys().size()];
    for (int i = 0; i < hashes.length; i++) {
      int key = options.keys().get(i);
      keys.add(new MovedKey(key));
      hashes[i] = held.hash(Region.MEMORY, request().offset(key), request().length(key));
    }
    Arrays.sort(hashes);
    waiting = keys.size();
  }

  /** Blocks the client and starts to connect. */
  void begin() {
    call.waitFor(this);
    activeNanos = nanos();
    TargetConnection idle = owner.takeIdle(address);
    isFromPool = idle != null;
    if (idle == null) {
      connect();
    } else {
      idle.setUser(this);
      target = idle;
      onOpened();
    }
    watchTimeout();
  }

  private void connect() {
    try {
      target =
          owner.connect(options.host(), options.port(), options.timeoutMillis(), address, this);
    } catch (IOException | IllegalArgumentException e) {
      failure = NO_CONNECTION;
      loop().schedule(this::decide, 0);
    }
  }

  // Sending.

  @Override
  public void onOpened() {
    TargetConnection to = target;
    if (to == null) {
      return;
    }
    activeNanos = nanos();
    byte[][] authentication = options.authentication();
    preludeReplies = 0;
    introduction = -1;
    if (authentication != null) {
      send(to, RequestEncoder.encode(authentication));
      preludeReplies++;
    }
    if (to.introduces()) {
      send(to, PROGRESS);
      introduction = preludeReplies++; // older servers reply with an error, which is ignored
    }
    if (to.selectedDatabase() != options.database()) {
      send(to, RequestEncoder.encode("SELECT", Long.toString(options.database())));
      preludeReplies++;
    }
    proceed();
  }

  private static void send(TargetConnection to, byte[] bytes) {
    to.queue().append(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  @Override
  protected boolean isOver() {
    return over || decided;
  }

  @Override
  protected boolean work(long untilNanos) {
    TargetConnection to = target;
    if (to == null || !to.isOpen()) {
      return false;
    }
    boolean more = true;
    try {
      checkTouched();
      while (more
          && !isOver()
          && nanos() < untilNanos
          && to.queue().waitingBytes() < MAX_QUEUED_BYTES) {
        more = step(to.queue());
      }
    } catch (OutOfMemoryError noMemory) {
      full = noMemory;
      fail(NOT_WRITTEN);
      return false;
    }
    if (isOver()) {
      return false;
    }
    activeNanos = nanos();
    to.queue().pump();
    if (!more) {
      decideIfReplied();
    }
    return more && to.queue().waitingBytes() < MAX_QUEUED_BYTES;
  }

  /** Writes or sends a part of the next key; returns false if no key is left. */
  private boolean step(RequestQueue queue) {
    RestoreRequest current = restore;
    if (current == null) {
      return startNext();
    }
    if (!current.isWritten()) {
      current.write();
      return true;
    }
    if (!current.isStarted()) {
      start(current, sent.getLast(), queue);
    }
    if (!current.sendPiece(queue)) {
      closeRestore();
    }
    return true;
  }

  private boolean startNext() {
    for (; next < keys.size(); next++) {
      MovedKey key = keys.get(next);
      if (key.state() == State.WAITING) {
        waiting--;
        long entry = find(key);
        if (entry == Entry.NONE || database.isDue(entry)) {
          key.enter(State.GONE, Entry.NONE);
        } else {
          restore =
              new RestoreRequest(values, entry, options.replaces(), owner.settings().persistence);
          key.enter(State.WRITING, entry);
          sent.add(key);
          return true;
        }
      }
    }
    return false;
  }

  private void start(RestoreRequest current, MovedKey key, RequestQueue queue) {
    current.start(
        queue,
        inCluster ? "RESTORE-ASKING" : "RESTORE",
        request().offset(key.argument()),
        request().length(key.argument()),
        clock().wallMillis());
    key.enter(State.SENT, key.entry());
  }

  private void closeRestore() {
    if (restore != null) {
      restore.close();
      restore = null;
    }
  }

  private long find(MovedKey key) {
    return database.find(request().offset(key.argument()), request().length(key.argument()));
  }

  // Replies.

  @Override
  public void onReply(Reply reply) {
    TargetConnection to = target;
    String error = reply instanceof Reply.Error refused ? refused.message() : null;
    int key = replies++ - preludeReplies;
    if (to == null) {
      return;
    }
    if (key >= sent.size()) {
      fail(NOT_READ); // a reply without a request
    } else if (key >= 0) {
      MovedKey answered = sent.get(key);
      String keyError = refusal == null ? error : refusal;
      if (keyError == null) {
        answered.markTaken();
      } else if (firstError == null) {
        firstError = keyError;
      }
      decideIfReplied();
    } else if (error != null && replies - 1 != introduction) {
      refusal = refusal == null ? error : refusal;
    }
  }

  private void decideIfReplied() {
    if (restore == null && waiting == 0 && replies == preludeReplies + sent.size()) {
      decide();
    }
  }

  @Override
  public void onProgress() {
    activeNanos = nanos();
    proceed();
  }

  // Failures.

  @Override
  public void onLost() {
    target = null;
    boolean mayTryAgain = isFromPool && replies == 0 && !isOver();
    if (!mayTryAgain) {
      fail(sent.isEmpty() ? NO_CONNECTION : NOT_READ);
      return;
    }
    // The target may have closed the idle connection unnoticed, so a new one is tried.
    isFromPool = false;
    closeRestore();
    sent.clear();
    keys.forEach(MovedKey::again);
    waiting = keys.size();
    next = 0;
    connect();
  }

  private void watchTimeout() {
    long idleMillis = (nanos() - activeNanos) / NANOS_A_MILLI;
    timer = loop().schedule(this::checkTimeout, Math.max(1, options.timeoutMillis() - idleMillis));
  }

  private void checkTimeout() {
    if (isOver()) {
      return;
    }
    TargetConnection to = target;
    long waiting = to == null ? 0 : to.queue().waitingBytes();
    if (waiting < waitingBytes) {
      activeNanos = nanos(); // the socket has accepted bytes
    }
    waitingBytes = waiting;
    if (nanos() - activeNanos < options.timeoutMillis() * NANOS_A_MILLI) {
      watchTimeout();
    } else if (to == null || !to.isOpen()) {
      fail(NO_CONNECTION);
    } else {
      fail(waiting > 0 ? NOT_WRITTEN : NOT_READ);
    }
  }

  private void fail(CommandError error) {
    if (failure == null && !isOver()) {
      failure = error;
      dropTarget();
      decide();
    }
  }

  private void dropTarget() {
    if (target != null) {
      target.close();
      target = null;
    }
  }

  // Changes of its keys.

  @Override
  public boolean holds(long keyHash) {
    if (Arrays.binarySearch(hashes, keyHash) < 0) {
      return false;
    }
    return !options.copies() || restore != null;
  }

  @Override
  public void beforeChange(long entry) {
    for (int i = 0; !completing && i < sent.size(); i++) {
      if (sent.get(i).entry() == entry) {
        touch(sent.get(i));
      }
    }
  }

  @Override
  public void onReplaced() {
    if (!completing) {
      sent.forEach(this::touch);
    }
  }

  private void touch(MovedKey key) {
    key.touch();
    if (!touched) {
      touched = true;
      loop().execute(this::checkTouched);
    }
  }

  private void checkTouched() {
    if (!touched || over) {
      return;
    }
    touched = false;
    for (MovedKey key : List.copyOf(sent)) {
      if (key.isTouched()) {
        key.clearTouched();
        if (key.state() == State.WRITING) {
          closeRestore();
          sent.remove(key);
          key.again();
          waiting++;
          next = 0;
        } else if (find(key) == Entry.NONE) {
          key.enter(key.state(), Entry.NONE); // removed here after it was sent
        } else if (!options.copies()) {
          key.markChanged();
          fail(CHANGED);
        }
      }
    }
  }

  // The end.

  private void decide() {
    if (decided || over) {
      return;
    }
    decided = true;
    closeRestore();
    if (client().isReleased()) {
      loop().execute(this::completeAlone);
    } else {
      repeat();
    }
  }

  /** After the decision the command must be repeated: it removes the moved keys and replies. */
  @Override
  protected boolean isBinding() {
    return decided;
  }

  /** Removes the keys that the target has taken, and replies. */
  public void complete(Call repeated, Removal removal) {
    if (full != null) {
      throw full;
    }
    completing = true;
    List<Integer> moved = new ArrayList<>();
    for (MovedKey key : sent) {
      if (key.isRemovable()) {
        moved.add(key.argument());
      }
    }
    if (!options.copies()) {
      removal.remove(repeated, moved);
    }
    if (firstError != null) {
      repeated.reply().error("ERR Target instance replied with error: " + firstError);
    } else if (failure != null && moved.isEmpty()) {
      throw failure;
    } else if (failure != null) {
      repeated.reply().error(failure.text());
    } else if (sent.isEmpty()) {
      repeated.reply().simple("NOKEY");
    } else {
      repeated.reply().ok();
    }
  }

  /** Removes keys of the running command. */
  @FunctionalInterface
  public interface Removal {
    void remove(Call call, List<Integer> arguments);
  }

  /** Removes the moved keys after the client has disconnected. */
  private void completeAlone() {
    if (over) {
      return;
    }
    if (!owner.mayRemove()) { // a pause will end, but a replica gives up after the timeout
      if ((nanos() - activeNanos) / NANOS_A_MILLI < options.timeoutMillis()) {
        loop().schedule(this::completeAlone, RETRY_MILLIS);
      } else {
        finish();
      }
      return;
    }
    completing = true;
    for (MovedKey key : sent) {
      long entry = key.isRemovable() && !options.copies() ? find(key) : Entry.NONE;
      if (entry != Entry.NONE) {
        owner.remove(database, entry);
      }
    }
    finish();
  }

  @Override
  public void onTimeout() {
    client().reply().error(NOT_READ.text());
    client().flushSoon();
  }

  @Override
  protected void release() {
    if (!client().isReleased()) {
      finish();
    } else if (decided) {
      completeAlone();
    } // else the migration continues without its client
  }

  /** Ends the migration without a result at shutdown. */
  void abandon() {
    failure = NOT_READ;
    finish();
  }

  private void finish() {
    if (over) {
      return;
    }
    over = true;
    closeRestore();
    if (timer != null) {
      timer.cancel();
    }
    TargetConnection to = target;
    if (to != null && decided && failure == null) {
      to.setSelectedDatabase(
          firstError == null ? options.database() : TargetConnection.UNKNOWN_DATABASE);
      owner.giveBack(to, clock().wallMillis());
    } else {
      dropTarget();
    }
    target = null;
    owner.onEnd(this);
    freeRequest();
  }
}
