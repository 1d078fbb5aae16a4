package io.redoubt.protocol.acl;

/** An ACL rule is invalid. The message is Redis' own, without the rule. */
public final class AclRuleException extends Exception {
  private static final long serialVersionUID = 1L;

  AclRuleException(String message) {
    super(message, null, false, false);
  }
}
