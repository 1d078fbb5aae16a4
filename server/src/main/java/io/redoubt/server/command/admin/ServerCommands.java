package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_MULTI;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoText;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.RunningScript;
import io.redoubt.server.execution.Scripting;
import java.util.ArrayList;
import java.util.List;

/** INFO, TIME and SHUTDOWN. */
public final class ServerCommands extends CommandGroup<Call> {
  /** The SAVE option of SHUTDOWN. */
  public enum SaveWish {
    /** Saves if save points are configured. */
    CONFIGURED,
    /** Saves always. */
    SAVE,
    /** Never saves. */
    NOSAVE
  }

  /**
   * The options of SHUTDOWN.
   *
   * @param now true to not wait for replicas
   * @param force true to exit even if the data set cannot be saved
   * @param safe true to not exit if that makes the cluster fail
   * @param failover true to hand the slots of a cluster's master over to a replica first
   */
  public record ShutdownMode(
      SaveWish save, boolean now, boolean force, boolean safe, boolean failover) {}

  /** Ends the server. */
  public interface Shutdown {
    /**
     * Starts a shutdown; on success the client gets no reply.
     *
     * @return true if the server exits
     */
    boolean begin(ShutdownMode mode);

    /** Blocks the client while the shutdown waits. */
    void await(ServerClient client);

    /** Cancels a waiting shutdown; returns false if there is none. */
    boolean abort();
  }

  /** The error of a shutdown that did not happen. */
  public static final CommandError SHUTDOWN_FAILED =
      new CommandError("ERR Errors trying to SHUTDOWN. Check logs.");

  private static final CommandError NOT_IN_CLUSTER =
      new CommandError("ERR SHUTDOWN FAILOVER is only valid in cluster mode");

  private final Info info;
  private final Clock clock;
  private final Shutdown shutdown;
  private final Scripting scripting;

  final Command<Call> infoCommand =
      command("INFO [section...]")
          .does("Returns information and statistics about the server.")
          .since("1.0.0")
          .costs("O(1)")
          .is(LOADING, STALE)
          .categories(Category.DANGEROUS)
          .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
          .history("7.0.0", "Added support for taking multiple section arguments.")
          .runs(this::info);

  final Command<Call> time =
      command("TIME")
          .does("Returns the server's time.")
          .since("2.6.0")
          .costs("O(1)")
          .is(LOADING, STALE, FAST)
          .tips("nondeterministic_output")
          .runs(this::time);

  final Command<Call> shutdownCommand =
      command(
              "SHUTDOWN [NOSAVE | SAVE]{save-selector} [NOW]{since 7.0.0} [FORCE]{since 7.0.0}"
                  + " [SAFE]{since 9.0.0} [FAILOVER]{since 9.0.0} [ABORT]{since 7.0.0}")
          .does("Saves the data set if save points are configured, and shuts down the server.")
          .since("1.0.0")
          .costs("O(N) when saving, N the number of keys")
          .is(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, ALLOW_BUSY)
          .history("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")
          .runs(this::shutdown);

  public ServerCommands(Info info, Clock clock, Shutdown shutdown, Scripting scripting) {
    super(Group.SERVER);
    this.info = info;
    this.clock = clock;
    this.shutdown = shutdown;
    this.scripting = scripting;
  }

  private void info(Call call) {
    List<String> sections = new ArrayList<>(call.count() - 1);
    for (int i = 1; i < call.count(); i++) {
      sections.add(call.argText(i));
    }
    InfoText text = info.render(sections);
    call.reply().verbatim("txt", text.memory(), 0, text.length());
  }

  private void time(Call call) {
    if (!call.client().isInUnit()) {
      call.keyspace().setNowMicros(clock.wallMicros());
    }
    long micros = call.keyspace().nowMicros();
    call.reply().array(2);
    call.reply().bulkLong(micros / 1_000_000);
    call.reply().bulkLong(micros % 1_000_000);
  }

  private void shutdown(Call call) {
    SaveWish save = SaveWish.CONFIGURED;
    boolean now = false;
    boolean force = false;
    boolean safe = false;
    boolean failover = false;
    boolean abort = false;
    for (int i = 1; i < call.count(); i++) {
      if (call.is(i, "NOSAVE") && save != SaveWish.SAVE) {
        save = SaveWish.NOSAVE;
      } else if (call.is(i, "SAVE") && save != SaveWish.NOSAVE) {
        save = SaveWish.SAVE;
      } else if (call.is(i, "NOW")) {
        now = true;
      } else if (call.is(i, "FORCE")) {
        force = true;
      } else if (call.is(i, "SAFE")) {
        safe = true;
      } else if (call.is(i, "FAILOVER")) {
        failover = true;
      } else if (call.is(i, "ABORT")) {
        abort = true;
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (failover && !call.isInCluster()) {
      throw NOT_IN_CLUSTER;
    }
    RunningScript busy = scripting.running();
    if (busy != null && save != SaveWish.NOSAVE) {
      throw busy.refusal().error();
    }
    scripting.shutDown();
    if (abort) {
      if (call.count() > 2) {
        throw Errors.SYNTAX;
      }
      if (!shutdown.abort()) {
        throw new CommandError("ERR No shutdown in progress.");
      }
      call.reply().ok();
    } else if (!shutdown.begin(new ShutdownMode(save, now, force, safe, failover))) {
      throw SHUTDOWN_FAILED;
    } else {
      shutdown.await(call.client());
    }
  }
}
