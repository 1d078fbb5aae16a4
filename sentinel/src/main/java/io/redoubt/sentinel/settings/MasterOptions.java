package io.redoubt.sentinel.settings;

/**
 * The operator's options for one master, from sentinel.conf or SENTINEL SET.
 *
 * @param quorum the number of sentinels that must agree on ODOWN
 * @param parallelSyncs the number of replicas reconfigured concurrently after a failover
 * @param access the login at the master and its replicas, and the names of their commands
 * @param masterRebootDownAfterMillis the limit for loading after a reboot, 0 for none
 * @param forgetAfterMillis the time after which a replica that is down is forgotten, 0 for never
 */
public record MasterOptions(
    int quorum,
    long downAfterMillis,
    long failoverTimeoutMillis,
    int parallelSyncs,
    NodeAccess access,
    ScriptPaths scripts,
    long masterRebootDownAfterMillis,
    long forgetAfterMillis) {
  public static MasterOptions defaults(int quorum, Timings timings) {
    return new MasterOptions(
        quorum,
        timings.millis(Timing.DEFAULT_DOWN_AFTER),
        timings.millis(Timing.DEFAULT_FAILOVER_TIMEOUT),
        1,
        NodeAccess.of("", ""),
        ScriptPaths.NONE,
        0,
        0);
  }

  /** Returns a copy with another quorum. */
  public MasterOptions withQuorum(int value) {
    return new MasterOptions(
        value,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        access,
        scripts,
        masterRebootDownAfterMillis,
        forgetAfterMillis);
  }

  /** Returns a copy with another down-after-milliseconds. */
  public MasterOptions withDownAfterMillis(long value) {
    return new MasterOptions(
        quorum,
        value,
        failoverTimeoutMillis,
        parallelSyncs,
        access,
        scripts,
        masterRebootDownAfterMillis,
        forgetAfterMillis);
  }

  /** Returns a copy with another failover-timeout. */
  public MasterOptions withFailoverTimeoutMillis(long value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        value,
        parallelSyncs,
        access,
        scripts,
        masterRebootDownAfterMillis,
        forgetAfterMillis);
  }

  /** Returns a copy with another parallel-syncs. */
  public MasterOptions withParallelSyncs(int value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        value,
        access,
        scripts,
        masterRebootDownAfterMillis,
        forgetAfterMillis);
  }

  /** Returns a copy with another access to the nodes. */
  public MasterOptions withAccess(NodeAccess value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        value,
        scripts,
        masterRebootDownAfterMillis,
        forgetAfterMillis);
  }

  /** Returns a copy with other scripts. */
  public MasterOptions withScripts(ScriptPaths value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        access,
        value,
        masterRebootDownAfterMillis,
        forgetAfterMillis);
  }

  /** Returns a copy with another master-reboot-down-after-period. */
  public MasterOptions withMasterRebootDownAfterMillis(long value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        access,
        scripts,
        value,
        forgetAfterMillis);
  }

  /** Returns a copy with another forget-after. */
  public MasterOptions withForgetAfterMillis(long value) {
    return new MasterOptions(
        quorum,
        downAfterMillis,
        failoverTimeoutMillis,
        parallelSyncs,
        access,
        scripts,
        masterRebootDownAfterMillis,
        value);
  }
}
