package io.redoubt.server.replication.group;

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
 * This server's membership in a group that acknowledges writes: its id, the configurations it has
 * received, and its promise not to acknowledge a master of an earlier term. The state is persisted,
 * in a file in the data directory, before anything depends on it.
 *
 * <p>A member is complete if it has lost nothing that it may have acknowledged. A restart or a full
 * sync makes it incomplete. It then draws a random token and reports it to its master. When the
 * token returns in the stream the member is complete again, because everything that it acknowledged
 * before precedes the token. Only complete members count in an election.
 *
 * <p>Confined to the event loop; another thread writes the file.
 */
public final class Membership {
  private static final int FIELDS = 6;
  private static final String NOBODY = "-";

  /** The group field in the file of a former member. */
  private static final String FORMER = "?";

  private static final int TOKEN_LENGTH = 16;
  private static final long RETRY_MILLIS = 1000;

  /** An action to run when a write of the file has succeeded (true) or failed (false). */
  private record Dependent(long write, Consumer<Boolean> action) {}

  private final Log log;
  private final RandomGenerator random;
  private final Loop loop;
  private final ServerDirectives settings;
  private final SnapshotContext context;
  private final IntSupplier port;
  private final List<Dependent> dependents = new ArrayList<>();

  /**
   * Terms promised to sentinels, by connection. A sentinel may promote this server for the data
   * reported with the promise as long as the connection lasts.
   */
  private final Map<ServerClient, Long> relying = new LinkedHashMap<>();

  private String id = "";

  /** True once the id is durable. */
  private boolean keepsId;

  private boolean savesId;
  private GroupChain chain = GroupChain.EMPTY;

  /**
   * The latest term promised or followed; acknowledgements to masters of earlier terms don't count.
   */
  private long promised;

  /** The sentinel that received the promise; another one must not use the same epoch. */
  private String promisedTo = NOBODY;

  /**
   * The latest term of a master that this server has followed. A full sync from a master of an
   * earlier term may discard acknowledged writes, and never makes this server complete.
   */
  private long followed = -1;

  private boolean complete;

  /**
   * True if a full sync has replaced a member's data and the new master has not announced its group
   * yet.
   */
  private boolean formerMember;

  /** The random token of an incomplete member, empty until it is needed. */
  private String token = "";

  /** The revision of the state reported to the master. */
  private long revision;

  /** Sequence number of the latest state to write. */
  private long wantedWrite;

  private long lastWrite;
  private GroupChain savedChain = GroupChain.EMPTY;
  private boolean saving;
  private boolean closed;
  private @Nullable Thread writer;

  public Membership(
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

  /** Returns the id; it survives restarts once it has been saved. */
  public String id() {
    if (id.isEmpty()) {
      id = ReplicationHistory.randomId(random);
    }
    return id;
  }

  public GroupChain chain() {
    return chain;
  }

  public long promised() {
    return promised;
  }

  /** Returns the latest term followed, null without a group. */
  public @Nullable FollowedTerm followed() {
    return hasGroup() && followed >= 0 ? new FollowedTerm(id(), followed) : null;
  }

  /** Returns true if this server has a group, was in one, or has made a promise. */
  public boolean isActive() {
    return chain.newest() != null || promised > 0 || formerMember;
  }

  /** Returns true if this server has the configuration of a group that acknowledges writes. */
  boolean hasGroup() {
    GroupConfig newest = chain.newest();
    return newest != null && newest.acks() > 0;
  }

  boolean isComplete() {
    return complete;
  }

  /** Returns true if acknowledged writes may be missing here. */
  boolean mayLackWrites() {
    return !complete && (hasGroup() || formerMember);
  }

  /** Returns the revision of the state reported to the master. */
  public long revision() {
    return revision;
  }

  /**
   * Returns true once the id is durable, and otherwise starts to save it. An id lost in a crash
   * would remain a member that can never acknowledge again.
   */
  public boolean keepsId() {
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
   * Returns the report to the master, with the newest durable configuration: {@code
   * promised:term:version:complete:id:token}.
   */
  public String ackWord() {
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

  /** Returns the answer to a sentinel, which may rely on it while its connection lasts. */
  public FenceAnswer answer(ServerClient sentinel, long term, long offset) {
    relying.keySet().removeIf(Client::isReleased);
    relying.put(sentinel, term);
    return new FenceAnswer(id(), offset, complete, chain);
  }

  /**
   * Returns true if a later term has been promised than the one that a sentinel's promotion refers
   * to. A group without required acknowledgements is promoted without a promise.
   *
   * @param ordered the term promised to this sentinel, -1 for none
   */
  public boolean isPromisedToAnother(long ordered) {
    return hasGroup() && ordered >= 0 && ordered < promised;
  }

  /** Returns the term promised to a sentinel, -1 for any other client. */
  public long promisedTo(ServerClient client) {
    return relying.getOrDefault(client, -1L);
  }

  // Changes.

  /** Leaves the group after a full sync: the new data may belong to another one. */
  public void onDataReplaced() {
    if (chain.newest() != null) {
      formerMember |= hasGroup();
      chain = GroupChain.EMPTY;
      becomeIncomplete();
      save(ok -> {});
    }
  }

  /** Becomes incomplete before another server becomes the master, which may discard data. */
  public void onDataLost() {
    if (isActive()) {
      becomeIncomplete();
    }
  }

  /**
   * Becomes incomplete before the data set is replaced, and closes the connections of sentinels
   * with a promise: they take that for a restart, and don't promote this server for its former
   * data.
   */
  public void dataGoes() {
    onDataLost();
    relying.keySet().forEach(Client::closeSoon);
    relying.clear();
  }

  /** Marks a restarted master as complete: each of its writes was durable. */
  void markComplete() {
    complete = true;
    revision++;
  }

  /**
   * Adopts the group announced in the master's stream, unless it is older than the one here.
   *
   * @param tokens tokens of incomplete members, which are complete at this point of the stream
   * @param saved called after the state was saved or the save has failed
   */
  public void onAnnouncement(GroupChain heard, List<String> tokens, Runnable saved) {
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

  /** Replaces the configurations; only for their master. */
  void replaceChain(GroupChain next, Runnable saved) {
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
   * Promises not to acknowledge a master of an earlier term.
   *
   * @param to the id of the sentinel
   * @param done called with true once the promise is durable, with false if it can't be saved
   * @return false if a later term is promised, or this one to another sentinel
   */
  public boolean promise(long term, String to, Consumer<Boolean> done) {
    if (term < promised || (term == promised && !to.equals(promisedTo))) {
      return false;
    }
    promised = term;
    promisedTo = to;
    save(done);
    return true;
  }

  /**
   * Starts a term as the master. A term has at most one master: it is the one promised to the
   * sentinel that orders the promotion, otherwise one later than every known term.
   *
   * @param ordered the term promised to the sentinel, -1 if no sentinel orders it
   * @param others the latest known term of another master, -1 if there is none
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
   * Reads the file; must precede the first request, because a promise made before would be
   * overwritten.
   *
   * @throws IOException if the file can't be read or is damaged: the server must not start without
   *     its promises
   */
  public void load() throws IOException {
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
              + " is damaged. It holds this server's promises to its group: restore it, or"
              + " delete it to start outside any group");
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
                  loop.execute(() -> onSaved(written, writtenChain, failure));
                });
    writer = thread;
    thread.start();
  }

  /** Stops writing and waits for a write in progress: the loop must not end before it. */
  public void close() {
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

  private void onSaved(long written, GroupChain writtenChain, @Nullable IOException failure) {
    saving = false;
    lastWrite = written; // also after a failure: the next change retries
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
