// Compiled JavaScript with a counter in every branch.

import ts from "typescript";

const HITS = "branchHits";

/** @param first number of its first counter @returns the text, and the number after its last counter */
export function instrumented(source: string, first: number): { readonly text: string; readonly next: number } {
  let next = first;
  const { factory } = ts;
  const hit = () =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier(HITS), factory.createNumericLiteral(next++)),
    );
  const counted = (statements: readonly ts.Statement[]) => [factory.createExpressionStatement(hit()), ...statements];
  const branch = <T extends ts.Statement | undefined>(statement: T) =>
    statement === undefined || ts.isBlock(statement) || ts.isIfStatement(statement) ? statement : factory.createBlock(counted([statement]));
  const sequence = (value: ts.Expression) => factory.createParenthesizedExpression(factory.createComma(hit(), value));

  const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => {
    const visit = (node: ts.Node): ts.Node => {
      const inner = ts.visitEachChild(node, visit, context);
      if (ts.isBlock(inner)) return factory.updateBlock(inner, counted(inner.statements));
      if (ts.isIfStatement(inner)) {
        return factory.updateIfStatement(inner, inner.expression, branch(inner.thenStatement), branch(inner.elseStatement));
      }
      if (ts.isCaseClause(inner)) return factory.updateCaseClause(inner, inner.expression, counted(inner.statements));
      if (ts.isDefaultClause(inner)) return factory.updateDefaultClause(inner, counted(inner.statements));
      if (ts.isConditionalExpression(inner)) {
        const { condition, questionToken, colonToken, whenTrue, whenFalse } = inner;
        return factory.updateConditionalExpression(inner, condition, questionToken, sequence(whenTrue), colonToken, sequence(whenFalse));
      }
      if (ts.isBinaryExpression(inner) && isShortCircuit(inner.operatorToken.kind)) {
        return factory.updateBinaryExpression(inner, inner.left, inner.operatorToken, sequence(inner.right));
      }
      return inner;
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
  const file = ts.createSourceFile("module.js", source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const [result] = ts.transform(file, [transformer]).transformed;
  const text = result === undefined ? source : ts.createPrinter().printFile(result);
  return { text: `const ${HITS} = globalThis.${HITS};\n${text}`, next };
}

function isShortCircuit(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken
  );
}

/** Where the modules look for their counters. */
export function provideCounters(counters: Uint8Array): void {
  Object.assign(globalThis, { [HITS]: counters });
}
