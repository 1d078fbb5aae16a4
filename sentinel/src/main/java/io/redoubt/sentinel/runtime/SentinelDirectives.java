package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.FileWord;
import io.redoubt.protocol.config.Mistakes;

/**
 * The directives of sentinel.conf: the common ones of all processes, and the sentinel's own lines.
 */
public final class SentinelDirectives extends Directives {
  /** The default port of a sentinel. */
  public static final int DEFAULT_PORT = 26379;

  /** The parsed lines that start with {@code sentinel}. */
  private final SentinelConfig words = new SentinelConfig();

  /** The lines that start with {@code sentinel}. */
  public final FileWord sentinel;

  /** {@code rename-command}, of this sentinel's own commands. */
  public final FileWord renameCommand;

  /** Creates the defaults. Protected mode is off, so that other sentinels can connect. */
  public SentinelDirectives() {
    common.port.defaultsTo(DEFAULT_PORT);
    common.protectedMode.defaultsTo(false);
    common.bind.shipped("* -::*");
    common.pidfile.shipped("/var/run/redis-sentinel.pid");
    // A sentinel has neither the commands nor the keys, and limits its short requests itself.
    common.enableProtectedConfigs.acceptedWithoutEffect();
    common.enableDebugCommand.acceptedWithoutEffect();
    common.enableModuleCommand.acceptedWithoutEffect();
    common.protoMaxBulkLen.acceptedWithoutEffect();
    metrics.pageShowKeys.acceptedWithoutEffect();
    startSection("SENTINEL");
    sentinel =
        fileWord("sentinel")
            .arguments(1, Integer.MAX_VALUE)
            .keyWords(3)
            .anyBytes()
            .onRead(words::read)
            .firstArguments(SentinelConfig.OPTIONS)
            .shipped(
                "monitor mymaster 127.0.0.1 6379 2",
                "A master to monitor: its name, host and port, and the number of sentinels that"
                    + " must agree that it is down. Its replicas and the other"
                    + " sentinels are discovered through it and appended to this file.")
            .shown(
                "auth-pass mymaster secret",
                "The password of the master and its replicas; auth-user sets the user.")
            .shipped(
                "down-after-milliseconds mymaster 30000",
                "The milliseconds without a valid reply after which a node counts as down.")
            .shipped(
                "parallel-syncs mymaster 1",
                "The number of replicas reconfigured at the same time after a failover: while"
                    + " they load the new master's data, they don't serve.")
            .shipped(
                "failover-timeout mymaster 180000",
                "The milliseconds after which a step of a failover counts as failed, and for"
                    + " which a sentinel leaves a failover to another leader before it retries.")
            .shown(
                "notification-script mymaster /var/redis/notify.sh",
                "A script that is run for each warning, with the event's type and text.")
            .shown(
                "client-reconfig-script mymaster /var/redis/reconfig.sh",
                "A script that is run after a change of address, with master-name, role, state,"
                    + " from-ip, from-port, to-ip, to-port.")
            .shipped(
                "deny-scripts-reconfig yes", "Forbids SENTINEL SET to change these two scripts.")
            .shown(
                "rename-command mymaster CONFIG GUESSME",
                "The name of a command that the master and its replicas have renamed.")
            .shipped(
                "master-reboot-down-after-period mymaster 0",
                "The milliseconds for which a restarted master may load its data before it"
                    + " counts as down; 0 for no limit.")
            .shown(
                "forget-after mymaster 86400000",
                "The milliseconds after which a replica is forgotten that is down and that the"
                    + " master no longer reports; 0, the default, for never.")
            .shown(
                "announce-ip 1.2.3.4",
                "The address announced to other sentinels, instead of the source address of"
                    + " connections; announce-port sets the port.")
            .shipped("resolve-hostnames no", "Allows host names instead of addresses for masters.")
            .shipped(
                "announce-hostnames no", "Announces host names instead of addresses to clients.")
            .shown(
                "sentinel-pass secret",
                "The password for other sentinels; sentinel-user sets the user.");
    renameCommand =
        fileWord("rename-command")
            .arguments(2, 2)
            .shown("SHUTDOWN \"\"", "Rename a command of this sentinel, or disable it with \"\".");
    ServerOnlyDirectives.NAMES.forEach(this::ignore);
  }

  /**
   * Checks conditions that depend on several lines.
   *
   * @throws FatalConfigError for the first error, naming its line
   */
  public void finish() throws FatalConfigError {
    finish(Mistakes.FIRST);
  }

  /** Checks conditions that depend on several lines, and reports all errors. */
  public void finish(Mistakes mistakes) throws FatalConfigError {
    words.finish(
        common.dir.value(), (index, reason) -> mistakes.onMistake(sentinel.error(index, reason)));
  }

  /** Returns the parsed lines that start with {@code sentinel}. */
  public SentinelConfig words() {
    return words;
  }
}
