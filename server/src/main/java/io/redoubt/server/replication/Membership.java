package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.io.WholeFile;
import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.Client;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.stream.FollowedTerm;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * This server as a member of a group that acknowledges writes: its id, the configurations that it
 * knows, and its promise to acknowledge no master of an earlier term. All of it is in a file beside
 * the data, which is written before anything depends on it.
 *
 * <p>A member is complete if it has lost nothing that it may have acknowledged. A restart and a
 * full sync end that. It then has a new random token, which it reports to its master, and is
 * complete again once the stream has brought that token: all that it acknowledged before precedes
 * it. Only complete members count in an election.
 *
 * <p>Confined to the event loop; another thread writes the file.
 */
final class Membership {
  private static final int FIELDS = 6;
  private static final String NOBODY = "-";

  /** Stands in the file for the group of a former member. */
  private static final String FORMER = "?";

  private static final int TOKEN_LENGTH = 16;
  private static final long RETRY_MILLIS = 1000;

  /** An action that runs once a write of the file has succeeded or failed. */
  private record Dependent(long write, Consumer<Boolean> action) {}

  private final Log log;
  private final RandomGenerator random;
  private final Loop loop;
  private final ServerDirectives settings;
  private final SnapshotContext context;
  private final IntSupplier port;
  private final List<Dependent> dependents = new ArrayList<>();

  /**
   * The sentinels that may promote this server for what it had when it gave them its promise, by
   * their connections, and the terms that they were promised.
   */
  private final Map<ServerClient, Long> relying = new LinkedHashMap<>();

  private String id = "";

  /** True once the id is on disk. */
  private boolean keepsId;

  private boolean savesId;
  private GroupChain chain = GroupChain.EMPTY;

  /** The greatest term known; masters of lower ones get no acknowledgement that counts. */
  private long promised;

  /** The sentinel that was promised, so that two can't use the same epoch. */
  private String promisedTo = NOBODY;

  /**
   * The greatest term of a master that it followed. A full sync with an earlier one may lose what
   * it acknowledged since, and never makes it complete.
   */
  private long followed = -1;

  private boolean complete;

  /**
   * True if a member got the data of another master, and has not heard yet of which group that is.
   */
  private boolean formerMember;

  /** The token without which it does not count as complete. */
  private String token = "";

  /** Counts changes of what the master is told. */
  private long revision;

  /** The number of the last state that must be written, and of the last that was. */
  private long wantedWrite;

  private long lastWrite;
  private GroupChain savedChain = GroupChain.EMPTY;
  private boolean saving;
  private boolean closed;
  private @Nullable Thread writer;

  Membership(
      Environment environment,
      Loop loop,
      ServerDirectives settings,
      SnapshotContext context,
      IntSupplier port) {
    this.log = environment.log();
    this.random = environment.random();
    this.loop = loop;
    this.settings = settings;
    this.context = context;
    this.port = port;
  }

  // State.

  /** Returns the id, which outlasts restarts once a group is known. */
  String id() {
    if (id.isEmpty()) {
      id = ReplicationHistory.randomId(random);
    }
    return id;
  }

  GroupChain chain() {
    return chain;
  }

  long promised() {
    return promised;
  }

  /** Returns the latest master that it has followed, null if it knows of no group. */
  @Nullable FollowedTerm followed() {
    return hasGroup() && followed >= 0 ? new FollowedTerm(id(), followed) : null;
  }

  /** Returns true if it knows of a group, has been in one, or has made a promise. */
  boolean isActive() {
    return chain.newest() != null || promised > 0 || formerMember;
  }

  /** Returns true if it knows of a group that acknowledges writes. */
  boolean hasGroup() {
    GroupConfig newest = chain.newest();
    return newest != null && newest.acks() > 0;
  }

  boolean isComplete() {
    return complete;
  }

  /** Returns true if a group may have confirmed writes that are not here. */
  boolean mayLackWrites() {
    return !complete && (hasGroup() || formerMember);
  }

  /** Returns the number of changes so far. */
  long revision() {
    return revision;
  }

  /**
   * Returns true once the id is on disk, and saves it: one that is lost in a crash would stay a
   * member of the group, of which nobody is left to acknowledge.
   */
  boolean keepsId() {
    if (!keepsId && !savesId) {
      savesId = true;
      save(ok -> {
        if (!ok) {
          loop.schedule(() -> savesId = false, RETRY_MILLIS);
        }
      });
    }
    return keepsId;
  }

  /**
   * Returns the state for the master, with the newest configuration that is on disk: {@code
   * promised:term:version:complete:id:token}.
   */
  String ackWord() {
    GroupConfig saved = savedChain.newest();
    return promised
        + ":"
        + (saved == null ? -1 : saved.term())
        + ":"
        + (saved == null ? -1 : saved.version())
        + ":"
        + (complete ? 1 : 0)
        + ":"
        + id()
        + ":"
        + token();
  }

  private String token() {
    if (token.isEmpty()) {
      token = ReplicationHistory.randomId(random).substring(0, TOKEN_LENGTH);
    }
    return token;
  }

  private void becomeIncomplete() {
    complete = false;
    token = "";
    revision++;
  }

  /** Returns the answer to a sentinel, which may rely on it as long as its connection stands. */
  FenceAnswer answer(ServerClient sentinel, long term, long offset) {
    relying.keySet().removeIf(Client::isReleased);
    relying.put(sentinel, term);
    return new FenceAnswer(id(), offset, complete, chain);
  }

  /**
   * Returns true if a later term was promised than to the sentinel that now orders a promotion. A
   * group whose writes need no acknowledgement is promoted without a promise.
   *
   * @param ordered the term that this sentinel was promised, -1 for none
   */
  boolean isPromisedToAnother(long ordered) {
    return hasGroup() && ordered >= 0 && ordered < promised;
  }

  /** Returns the term that a sentinel was promised, -1 for any other client. */
  long promisedTo(ServerClient client) {
    return relying.getOrDefault(client, -1L);
  }

  // Changes.

  /** Records a full sync, after which the data is that of a master of any group. */
  void dataReplaced() {
    if (chain.newest() != null) {
      formerMember |= hasGroup();
      chain = GroupChain.EMPTY;
      becomeIncomplete();
      save(ok -> {});
    }
  }

  /** Records that data may be lost, because another server is the master. */
  void dataLost() {
    if (isActive()) {
      becomeIncomplete();
    }
  }

  /**
   * Records that the data is about to be replaced. Sentinels take the end of a connection for a
   * restart, and do not promote this server for what it had before.
   */
  void dataGoes() {
    dataLost();
    relying.keySet().forEach(Client::closeSoon);
    relying.clear();
  }

  /** Records that a master that restarts, or was appointed, has all that it may have confirmed. */
  void hasAll() {
    complete = true;
    revision++;
  }

  /**
   * Takes over what the master's stream brings; older configurations are ignored.
   *
   * @param tokens those of incomplete members, which are complete from here on
   */
  void received(GroupChain heard, List<String> tokens, Runnable saved) {
    GroupConfig next = heard.newest();
    GroupConfig known = chain.newest();
    if (next == null || next.term() < followed || (known != null && next.compareTo(known) < 0)) {
      return;
    }
    followed = next.term();
    boolean completes = !complete && tokens.contains(token());
    boolean isKept = saving || heard.equals(savedChain); // the last write may have failed
    if (!completes && heard.equals(chain) && isKept) {
      return;
    }
    complete |= completes;
    formerMember = false;
    chain = heard;
    if (next.term() > promised) {
      promised = next.term();
      promisedTo = NOBODY;
    }
    save(ok -> saved.run());
  }

  /** Replaces the configurations, as their master. */
  void changed(GroupChain next, Runnable saved) {
    chain = next;
    complete = true;
    formerMember = false;
    save(ok -> {
      if (ok) {
        saved.run();
      }
    });
  }

  /**
   * Promises to acknowledge no master of an earlier term.
   *
   * @param to the sentinel that asks
   * @param done called with true once the promise is on disk, with false if it can't be
   * @return false if another one was promised as much
   */
  boolean promise(long term, String to, Consumer<Boolean> done) {
    if (term < promised || (term == promised && !to.equals(promisedTo))) {
      return false;
    }
    promised = term;
    promisedTo = to;
    save(done);
    return true;
  }

  /**
   * Begins a term as the master. Each term has one master at most: it is that of the promise to the
   * sentinel that orders it, otherwise a later one than was promised.
   *
   * @param ordered the term that the sentinel was promised, -1 if it is no such order
   * @param others the latest term of another master that is known, -1 if none is
   * @return the term
   */
  long appointed(long ordered, long others) {
    GroupConfig newest = chain.newest();
    long last = newest != null ? newest.term() : formerMember ? followed : -1;
    boolean asPromised = ordered == promised && promised > last && promised >= others;
    promised = asPromised ? promised : Math.max(promised, Math.max(last, others)) + 1;
    followed = Math.max(followed, promised);
    promisedTo = NOBODY;
    complete = true;
    formerMember = false;
    save(ok -> {});
    return promised;
  }

  // The file.

  private Path file() {
    return settings.path("write-acks-" + port.getAsInt() + ".state");
  }

  /**
   * Reads the file, before any request is executed: a promise that was made meanwhile would replace
   * it.
   *
   * @throws IOException if it can't be read or is damaged; the server must not start without its
   *     promises
   */
  void load() throws IOException {
    if (port.getAsInt() != 0 && context.disk().exists(file())) {
      parse(new String(WholeFile.read(context.disk(), file()), US_ASCII));
    }
  }

  private void parse(String text) throws IOException {
    String[] fields = text.strip().split(" ", -1);
    String group = fields.length == FIELDS ? fields[5] : "";
    boolean former = group.equals(FORMER);
    GroupChain read = former ? GroupChain.EMPTY : GroupChain.parse(group);
    if (read == null || !fields[2].matches("[0-9]{1,18}") || !fields[4].matches("-1|[0-9]{1,18}")) {
      throw new IOException(
          file()
              + " is damaged. It has the promises of this server to its group: restore it, or"
              + " delete it to start as no member of a group");
    }
    id = fields[1];
    keepsId = true;
    promised = Long.parseLong(fields[2]);
    promisedTo = fields[3];
    followed = Long.parseLong(fields[4]);
    formerMember = former;
    chain = read;
    savedChain = read;
  }

  private String text() {
    return "1 "
        + id()
        + " "
        + promised
        + " "
        + promisedTo
        + " "
        + followed
        + " "
        + (formerMember ? FORMER : chain.format())
        + "\n";
  }

  private void save(Consumer<Boolean> then) {
    revision++;
    wantedWrite++;
    dependents.add(new Dependent(wantedWrite, then));
    write();
  }

  private void write() {
    if (saving || closed || lastWrite == wantedWrite) {
      return;
    }
    saving = true;
    byte[] bytes = text().getBytes(US_ASCII);
    long written = wantedWrite;
    GroupChain writtenChain = chain;
    Path file = file();
    Thread thread =
        context
            .threads()
            .unstarted(
                "write-acks-state",
                () -> {
                  IOException failure = replace(file, bytes);
                  loop.execute(() -> saved(written, writtenChain, failure));
                });
    writer = thread;
    thread.start();
  }

  /** Ends the writes, and waits for one that is under way: the loop must not end before it. */
  void close() {
    closed = true;
    Thread last = writer;
    if (last != null) {
      try {
        last.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private @Nullable IOException replace(Path file, byte[] bytes) {
    try {
      WholeFile.replace(context.disk(), file, bytes);
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private void saved(long written, GroupChain writtenChain, @Nullable IOException failure) {
    saving = false;
    lastWrite = written; // a failed one is tried again with the next change
    if (failure == null) {
      keepsId = true;
      savedChain = writtenChain;
      revision++;
    } else {
      log.warning("Can't write %s: %s", file(), failure);
    }
    List<Dependent> due = dependents.stream().filter(each -> each.write() <= written).toList();
    dependents.removeAll(due);
    due.forEach(each -> each.action().accept(failure == null));
    write();
  }
}
