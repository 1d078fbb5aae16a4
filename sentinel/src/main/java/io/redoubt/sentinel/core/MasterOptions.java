package io.redoubt.sentinel.core;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The operator's options for one master, from sentinel.conf or SENTINEL SET; unset strings are
 * empty.
 *
 * @param quorum the number of sentinels that must agree on ODOWN
 * @param parallelSyncs the number of replicas reconfigured concurrently after a failover
 * @param masterRebootDownAfterMillis the limit for loading after a reboot, 0 for none
 * @param forgetAfterMillis the time after which a replica that is down is forgotten, 0 for never
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
  /** Returns the defaults for a master with the given quorum. */
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

  /** Returns a copy with another quorum. */
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

  /** Returns a copy with another down-after-milliseconds. */
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

  /** Returns a copy with another failover-timeout. */
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

  /** Returns a copy with another parallel-syncs. */
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

  /** Returns a copy with another user and password for the nodes. */
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

  /** Returns a copy with other scripts. */
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

  /** Returns a copy with another master-reboot-down-after-period. */
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

  /** Returns a copy with another forget-after. */
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

  /** Returns a copy with one command renamed; a command renamed to itself loses its new name. */
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

  /** Returns a command with the names that this master's nodes use. */
  List<String> renamed(String... words) {
    String name = renamedCommands.get(words[0]);
    if (name != null) {
      words[0] = name;
    }
    return List.of(words);
  }
}
