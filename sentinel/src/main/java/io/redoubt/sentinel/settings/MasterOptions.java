package io.redoubt.sentinel.settings;

import java.util.function.Consumer;

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

  /** Returns a copy with the changes that are made to its draft. */
  public MasterOptions with(Consumer<MasterDraft> changes) {
    MasterDraft draft = draft();
    changes.accept(draft);
    return draft.options();
  }

  /** Returns a draft of changed options. */
  public MasterDraft draft() {
    return new MasterDraft(this);
  }

  /** Options that can be changed one by one. */
  public static final class MasterDraft {
    public int quorum;
    public long downAfterMillis;
    public long failoverTimeoutMillis;
    public int parallelSyncs;
    public NodeAccess access;
    public ScriptPaths scripts;
    public long masterRebootDownAfterMillis;
    public long forgetAfterMillis;

    private MasterDraft(MasterOptions options) {
      quorum = options.quorum;
      downAfterMillis = options.downAfterMillis;
      failoverTimeoutMillis = options.failoverTimeoutMillis;
      parallelSyncs = options.parallelSyncs;
      access = options.access;
      scripts = options.scripts;
      masterRebootDownAfterMillis = options.masterRebootDownAfterMillis;
      forgetAfterMillis = options.forgetAfterMillis;
    }

    public MasterOptions options() {
      return new MasterOptions(
          quorum,
          downAfterMillis,
          failoverTimeoutMillis,
          parallelSyncs,
          access,
          scripts,
          masterRebootDownAfterMillis,
          forgetAfterMillis);
    }
  }
}
