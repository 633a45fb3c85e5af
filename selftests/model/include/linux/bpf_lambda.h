/* SPDX-License-Identifier: GPL-2.0-only */
/* What a request to the block layer holds of it; the model asks nobody to pay. */
struct bpf_lambda_payer {
	struct ucounts *ucounts;
	struct mm_struct *mm;
};
