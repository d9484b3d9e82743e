import { row, type Situation } from '../situation.ts';

/** Failures of Lambda functions that issue tokens. */
export const lambda: readonly Situation[] = [
  row({
    id: 'function-missing',
    title: 'The Lambda function is not there',
    symptoms: [
      ['AWS Lambda', '{"Type":"User","Message":"Function not found: arn:aws:lambda:eu-west-1:123456789012:function:ecr-token"}'],
      [
        'AWS CLI',
        'An error occurred (ResourceNotFoundException) when calling the Invoke operation: Function not found: arn:aws:lambda:eu-west-1:123456789012:function:ecr-token:live',
      ],
    ],
    when: ({ find }) => find(/Function not found: (?<fn>arn:[\w:-]{1,200})/),
    tell: ({ groups }) => ({
      sentence: `There is no function ${groups['fn'] ?? ''}: name, alias, region or account are wrong.`,
      side: '`lambda` of the source, or the account of the function',
      remedy: 'Write the whole ARN as `lambda` of the source. An alias or version stands behind it, after another colon.',
      paste: [
        { what: 'The functions of that region', kind: 'command', text: "aws lambda list-functions --query 'Functions[].FunctionArn'" },
      ],
    }),
  }),
  row({
    id: 'function-failed',
    title: 'The Lambda function has a mistake',
    symptoms: [
      ['AWS Lambda', '{"errorMessage":"name \'base64\' is not defined","errorType":"NameError","stackTrace":["lambda_function.py"]}'],
      [
        'AWS Lambda',
        '{"errorType":"Runtime.ImportModuleError","errorMessage":"Unable to import module \'lambda_function\': No module named \'lambda_function\'"}',
      ],
      ['AWS Lambda', '{"errorMessage":"2026-11-20T10:00:03.000Z 5c1 Task timed out after 3.00 seconds"}'],
    ],
    when: ({ find }) =>
      find(
        /errorType"?: ?"?(NameError|KeyError|TypeError|ImportError|ModuleNotFoundError|SyntaxError|ReferenceError|Runtime\.\w+)|Task timed out after [\d.]+ seconds/,
      ),
    tell: () => ({
      sentence:
        'The function was invoked and failed by itself: its code has a mistake, or it did not end in its time. Lambda answers 200 all the same.',
      side: 'the code and the settings of the function (timeout, VPC)',
      remedy:
        'Read its log in CloudWatch (/aws/lambda/NAME). A name that is not defined is an import that is missing. A timeout is often a VPC without a way to ECR. docs/lambda.md has a function that works.',
    }),
  }),
];
