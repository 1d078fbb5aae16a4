package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INCOMPLETE;
import static io.redoubt.protocol.command.KeyFlag.RW;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.MigrationTarget;
import io.redoubt.server.client.MigrationTargets;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.migrate.KeyMigration;
import io.redoubt.server.migrate.KeyMigrations;
import io.redoubt.server.migrate.MigrateOptions;
import io.redoubt.server.snapshot.export.Payloads;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * MIGRATE: moves keys to another server, in slices while other clients are served. In a transaction
 * or a script it blocks all clients until that server has replied, as Redis always does.
 */
public final class MigrateCommands extends CommandGroup<Call> {

  private static final byte[] DEL = ascii("DEL");
  private static final byte[] SELECT = ascii("SELECT");
  private static final byte[] RESTORE = ascii("RESTORE");
  private static final byte[] RESTORE_ASKING = ascii("RESTORE-ASKING");
  private static final byte[] REPLACE = ascii("REPLACE");

  private static final int FIRST_OPTION = 6;

  private static final CommandError NO_CONNECTION =
      new CommandError("IOERR error or timeout connecting to the client");
  private static final CommandError NOT_WRITTEN =
      new CommandError("IOERR error or timeout writing to target instance");
  private static final CommandError NOT_READ =
      new CommandError("IOERR error or timeout reading to target instance");

  private final MigrationTargets targets;
  private final KeyMigrations migrations;

  final Command<Call> migrate =
      command(
              "MIGRATE host port (key{key 0}"
                  + " | \"\"{empty-string}){key-selector} destination-db timeout{integer}"
                  + " [COPY]{since 3.0.0} [REPLACE]{since 3.0.0}"
                  + " [AUTH password{auth, since 4.0.7} |"
                  + " (AUTH2 username password){auth2, since 6.0.0}]{authentication}"
                  + " [KEYS key{keys, since 3.0.6, key 1}...]")
          .does("Moves keys to another server, all or none of them.")
          .since("2.6.0")
          .costs("O(N), N the size of the values")
          .is(WRITE)
          .categories(Category.KEYSPACE, Category.DANGEROUS)
          .keys(
              KeySpec.index(3).is(RW, ACCESS, DELETE),
              KeySpec.keyword("KEYS", -2).range(-1, 1).is(RW, ACCESS, DELETE, INCOMPLETE))
          .keys(MigrateCommands::findKeys)
          .hides(MigrateCommands::isLogin)
          .tips("nondeterministic_output")
          .history("3.0.0", "Added the `COPY` and `REPLACE` options.")
          .history("3.0.6", "Added the `KEYS` option.")
          .history("4.0.7", "Added the `AUTH` option.")
          .history("6.0.0", "Added the `AUTH2` option.")
          .runs(this::migrate);

  /**
   * Declares the group.
   *
   * @param targets the connections used by transactions and scripts
   */
  public MigrateCommands(MigrationTargets targets, KeyMigrations migrations) {
    super(Group.GENERIC);
    this.targets = targets;
    this.migrations = migrations;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean findKeys(Request request, KeyVisitor keys) {
    if (request.length(3) == 0) {
      for (int i = FIRST_OPTION; i < request.count(); i += 1 + loginWords(request, i)) {
        if (request.is(i, "KEYS")) {
          for (int key = i + 1; key < request.count(); key++) {
            keys.key(key, RW.bit() | ACCESS.bit() | DELETE.bit());
          }
          return true;
        }
      }
    }
    keys.key(3, RW.bit() | ACCESS.bit() | DELETE.bit());
    return true;
  }

  /** Returns the number of words that belong to AUTH or AUTH2 at {@code i}, 0 for other words. */
  private static int loginWords(Request request, int i) {
    return request.is(i, "AUTH") ? 1 : request.is(i, "AUTH2") ? 2 : 0;
  }

  /** Returns true for the arguments of AUTH and AUTH2, which are secret. */
  private static boolean isLogin(Request request, int i) {
    for (int at = FIRST_OPTION; at < i && !request.is(at, "KEYS"); at++) {
      int words = loginWords(request, at);
      if (words > 0 && i <= at + words) {
        return true;
      }
      at += words;
    }
    return false;
  }

  private void migrate(Call call) {
    if (call.client().waiting() instanceof KeyMigration done) {
      done.complete(call, MigrateCommands::delete);
      return;
    }
    MigrateOptions migration = new MigrateOptions(call);
    if (migration.keys().isEmpty()) {
      call.reply().simple("NOKEY");
    } else if (call.mayWait()) {
      migrations.start(call, migration);
    } else {
      migrateAtOnce(call, migration);
    }
  }

  private void migrateAtOnce(Call call, MigrateOptions migration) {
    boolean cached = targets.has(migration.host(), migration.port());
    try {
      attempt(call, migration);
    } catch (Broken broken) {
      targets.drop(migration.host(), migration.port());
      if (!cached || !broken.mayTryAgain) {
        throw broken.error;
      }
      // the server may have closed the cached connection, which shows only at its use
      try {
        attempt(call, migration);
      } catch (Broken again) {
        targets.drop(migration.host(), migration.port());
        throw again.error;
      }
    }
  }

  /** The connection has failed. */
  private static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    final CommandError error;
    final boolean mayTryAgain;

    Broken(CommandError error, boolean mayTryAgain) {
      this.error = error;
      this.mayTryAgain = mayTryAgain;
    }
  }

  private void attempt(Call call, MigrateOptions migration) throws Broken {
    MigrationTarget target;
    try {
      target =
          targets.get(migration.host(), migration.port(), migration.timeoutMillis(), call.now());
    } catch (IOException | IllegalArgumentException e) {
      throw new Broken(NO_CONNECTION, false);
    }
    boolean selects = target.selectedDatabase() != migration.database();
    try {
      send(call, migration, target, selects);
    } catch (IOException e) {
      throw new Broken(NOT_WRITTEN, !(e instanceof SocketTimeoutException));
    }
    receive(call, migration, target, selects);
  }

  private static void send(
      Call call, MigrateOptions migration, MigrationTarget target, boolean selects)
      throws IOException {
    byte[][] authentication = migration.authentication();
    if (authentication != null) {
      target.send(authentication);
    }
    if (selects) {
      target.send(SELECT, ascii(Long.toString(migration.database())));
    }
    for (int key : migration.keys()) {
      sendKey(call, migration, target, key);
    }
  }

  private static void sendKey(Call call, MigrateOptions migration, MigrationTarget target, int key)
      throws IOException {
    long entry = call.findAgain(key);
    long expireAt = Entry.expireAt(entry);
    long ttl = expireAt == Entry.NO_EXPIRY ? 0 : Math.max(expireAt - call.now(), 1);
    boolean compress = call.settings().persistence.rdbcompression.value();
    int version = call.settings().persistence.rdbWriteVersion.value();
    try (var payload = Payloads.dump(call.values(), entry, compress, version)) {
      int words = migration.replaces() ? 5 : 4;
      byte[] restore = call.isInCluster() ? RESTORE_ASKING : RESTORE;
      target.sendRaw(ascii("*" + words + "\r\n" + bulk(restore.length)));
      target.sendRaw(restore);
      target.sendRaw(ascii("\r\n" + bulk(call.argLength(key))));
      target.sendRaw(Region.MEMORY, call.argAddress(key), call.argLength(key));
      String ttlText = Long.toString(ttl);
      target.sendRaw(
          ascii("\r\n" + bulk(ttlText.length()) + ttlText + "\r\n" + bulk(payload.sizeBytes())));
      target.sendRaw(payload.memory(), payload.offset(), payload.sizeBytes());
      target.sendRaw(ascii("\r\n"));
      if (migration.replaces()) {
        target.sendRaw(ascii(bulk(REPLACE.length)));
        target.sendRaw(REPLACE);
        target.sendRaw(ascii("\r\n"));
      }
    }
  }

  private static String bulk(long length) {
    return "$" + length + "\r\n";
  }

  private void receive(Call call, MigrateOptions migration, MigrationTarget target, boolean selects)
      throws Broken {
    List<Integer> moved = new ArrayList<>();
    String error = null;
    Broken broken = null;
    try {
      String refused = migration.authentication() == null ? null : errorOf(target.receive());
      if (selects) {
        String notSelected = errorOf(target.receive());
        refused = refused == null ? notSelected : refused;
      }
      for (int key : migration.keys()) {
        String notRestored = errorOf(target.receive());
        String keyError = refused == null ? notRestored : refused;
        if (keyError == null) {
          moved.add(key);
        } else if (error == null) {
          error = keyError;
        }
      }
    } catch (IOException e) {
      broken = new Broken(NOT_READ, moved.isEmpty() && !(e instanceof SocketTimeoutException));
    }
    if (!migration.copies()) {
      delete(call, moved);
    }
    if (error != null) {
      if (broken == null) {
        target.setSelectedDatabase(MigrationTarget.UNKNOWN_DATABASE);
      } else {
        targets.drop(migration.host(), migration.port());
      }
      call.reply().error("ERR Target instance replied with error: " + error);
      return;
    }
    if (broken != null) {
      if (moved.isEmpty()) {
        throw broken;
      }
      targets.drop(migration.host(), migration.port());
      call.reply().error(broken.error.text());
      return;
    }
    target.setSelectedDatabase(migration.database());
    call.reply().ok();
  }

  private static @Nullable String errorOf(Reply reply) {
    return reply instanceof Reply.Error error ? error.message() : null;
  }

  private static void delete(Call call, List<Integer> moved) {
    for (int key : moved) {
      long entry = call.findAgain(key);
      if (entry != Entry.NONE) { // a key may be named twice
        call.database().remove(entry);
        call.recordChange(key, KeyEvent.DEL, 1);
      }
    }
    if (!moved.isEmpty() && call.propagates()) {
      Effect effect = call.propagateAs(1 + moved.size()).word(DEL);
      moved.forEach(effect::argument);
    }
  }
}
