package io.redoubt.sentinel.core;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an operator may set for one master, by sentinel.conf or SENTINEL SET; empty strings stand
 * for what is not set.
 *
 * @param quorum how many sentinels must find the master down before it is so
 * @param parallelSyncs how many replicas may be pointed at a new master at a time
 * @param masterRebootDownAfterMillis how long a rebooted master may go on loading, 0 for any time
 * @param forgetAfterMillis how long a replica may be down and unheard of before it is forgotten, 0
 *     for any time
 * @param renamedCommands names of commands on the nodes, by the ordinary name in any case
 */
public record MasterOptions(
    int quorum,
    long downAfterMillis,
    long failoverTimeoutMillis,
    int parallelSyncs,
    String authPass,
    String authUser,
    String notificationScript,
    String clientReconfigScript,
    long masterRebootDownAfterMillis,
    long forgetAfterMillis,
    Map<String, String> renamedCommands) {
  /** What holds for a master of which only the quorum is given. */
  public static MasterOptions defaults(int quorum, Timings timings) {
    return new MasterOptions(
        quorum,
        timings.defaultDownAfterMillis(),
        timings.defaultFailoverTimeoutMillis(),
        1,
        "",
        "",
        "",
        "",
        0,
        0,
        Map.of());
  }

  /** The same with another quorum. */
  public MasterOptions withQuorum(int value) {
    return new MasterOptions(
        value,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with another down-after-milliseconds. */
  public MasterOptions withDownAfterMillis(long value) {
    return new MasterOptions(
        quorum,
        value,
        failoverTimeoutMillis,
        parallelSyncs,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with another failover-timeout. */
  public MasterOptions withFailoverTimeoutMillis(long value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        value,
        parallelSyncs,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with another parallel-syncs. */
  public MasterOptions withParallelSyncs(int value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        value,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with another user and password for the nodes. */
  public MasterOptions withAuth(String user, String pass) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        pass,
        user,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with other scripts. */
  public MasterOptions withScripts(String notification, String clientReconfig) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        authPass,
        authUser,
        notification,
        clientReconfig,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with another master-reboot-down-after-period. */
  public MasterOptions withMasterRebootDownAfterMillis(long value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        value,
        forgetAfterMillis,
        renamedCommands);
  }

  /** The same with another forget-after. */
  public MasterOptions withForgetAfterMillis(long value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        value,
        renamedCommands);
  }

  /** The same with one command renamed; the same name twice undoes a renaming. */
  public MasterOptions withRenamed(String command, String name) {
    Map<String, String> renamed = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    renamed.putAll(renamedCommands);
    renamed.remove(command);
    if (!command.equalsIgnoreCase(name)) {
      renamed.put(command, name);
    }
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        authPass,
        authUser,
        notificationScript,
        clientReconfigScript,
        masterRebootDownAfterMillis,
        forgetAfterMillis,
        Collections.unmodifiableMap(renamed));
  }

  /** A command in the words that the nodes of this master understand. */
  List<String> renamed(String... words) {
    String name = renamedCommands.get(words[0]);
    if (name != null) {
      words[0] = name;
    }
    return List.of(words);
  }
}
