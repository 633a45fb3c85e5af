// SPDX-License-Identifier: GPL-2.0-only
// says: no program in these files: begin one with LAMBDA_PROGRAM
int main(void)
{
	return 0;
}
